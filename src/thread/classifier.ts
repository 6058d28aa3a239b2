/** A classifier for any number of calls. */
// A project that compiles for an older standard has no Symbol.asyncDispose otherwise.
/// <reference lib="esnext.disposable" preserve="true" />
import type { GivenText } from "../base/pairs.js";
import type { Prediction } from "../results/records/predictions.js";
import type { ClassifierOptions } from "../run/settings/schemas.js";
import { type Connection, openConnection, type Watch } from "./client.js";

/** A trained classifier in a thread of its own. Dispose it, or declare it with `await using`. */
export class Classifier implements AsyncDisposable {
  readonly #connection: Connection;
  /** The labels in id order. */
  readonly labels: readonly string[];

  private constructor(connection: Connection, labels: readonly string[]) {
    this.#connection = connection;
    this.labels = labels;
  }

  /** Loads the classifier in a folder (`model` of a run); `watch` is told what was found. Throws the `checkpoint-` and `tokenizer-` errors. */
  static async load(
    folder: string,
    options: ClassifierOptions = {},
    watch?: Watch,
  ): Promise<Classifier> {
    const connection = openConnection();
    try {
      const given = { ...options, model: folder };
      return new Classifier(connection, await connection.call("openClassifier", given, watch));
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /**
   * A label and all probabilities for each text, in order; a classifier of pairs takes lists of two texts, else it throws `data-pair`. Throws `texts-unknown` where more than half of the words of all texts together
   * are unknown to the tokenizer, and at least 10 came.
   */
  predict(texts: readonly GivenText[], watch?: Watch): Promise<readonly Prediction[]> {
    return this.#connection.call("classify", { texts }, watch);
  }

  /** Frees the model and ends its thread; the classifier cannot be used after that. */
  dispose(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
