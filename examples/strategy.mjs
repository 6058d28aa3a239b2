// A masking strategy of one's own: rare surprises. A token that the vanilla model finds unlikely is masked more often,
// but one that it finds hopeless (a name, a typing error) is not.
//
//   l3masking train examples/sample-task --method own --strategy examples/strategy.mjs
const HOPELESS = 10; // nats

export default {
  title: "Rare surprises",
  // scores, entropies, excess, contrasts, frequencies or nothing; see docs/method.md
  needs: "scores",
  // A weight of 0 or more for each token. Word ids are negative at special tokens, scores are log-likelihoods in nats.
  weights(wordIds, scores) {
    return Float64Array.from(wordIds, (word, token) => {
      const surprisal = -scores[token];
      return word < 0 || surprisal > HOPELESS ? 0 : Math.max(0, surprisal);
    });
  },
};
