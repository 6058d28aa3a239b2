/**
 * Public data sets by name: where they come from, on which terms, what their labels mean, the checksum of every split,
 * and what is wrong with them. Nothing is read or fetched here.
 *
 * Checksums are SHA-256 over the decompressed bytes of a split in our form: JSON Lines with text and label.
 */
import type { SplitName } from "../dataset.js";

export const knownDatasetNames = ["acl-arc", "ohsumed", "imdb"] as const;

/** What `--dataset` calls a public data set. */
export type KnownDatasetName = (typeof knownDatasetNames)[number];

/** A file as to size and content. */
export interface FileFacts {
  readonly bytes: number;
  readonly sha256: string;
}

/** A split in our form, decompressed. */
export interface KnownSplit extends FileFacts {
  readonly rows: number;
}

/** A file of the source that `convertPublished` makes a split from. */
export interface PublishedFile extends FileFacts {
  readonly url: string;
}

/** A public data set: where it comes from, what its labels mean, and what is wrong with it. */
export interface KnownDataset {
  readonly name: string;
  /** What it is, in a line. */
  readonly title: string;
  /** Where it was published, with the commit or version. */
  readonly source: string;
  /** Licence or terms, as far as they are known. */
  readonly terms: string;
  readonly citation: string;
  /** Label -> what it stands for. */
  readonly labels: Readonly<Record<string, string>>;
  readonly splits: Readonly<Record<SplitName, KnownSplit>>;
  /** What can be downloaded; absent where the splits cannot be made from public files one by one. */
  readonly published?: Readonly<Record<SplitName, PublishedFile>>;
  /** What to know before believing a result, the most important first. */
  readonly notes: readonly string[];
}

const aclArcSource =
  "https://raw.githubusercontent.com/usk-Kimura/L3Masking/d27540e9a1351e7799c2516fe2666b00119af764/datasets/citation_intent";

const aclArc: KnownDataset = {
  name: "acl-arc",
  title:
    "ACL-ARC citation intent: why does a sentence of an ACL paper cite another paper? 6 labels",
  source:
    "github.com/usk-Kimura/L3Masking at d27540e9a135, datasets/citation_intent, the version of Don't Stop Pretraining (Gururangan et al. 2020); only text and label are kept, and C1 control characters are read as Windows-1252",
  terms: "the repository's MIT-style licence covers its code; none is stated for the data",
  citation:
    "Jurgens, Kumar, Hoover, McFarland, Jurafsky 2018. Measuring the Evolution of a Scientific Field through Citation Frames. TACL 6.",
  labels: {
    Background: "the cited work gives background or is simply relevant",
    CompareOrContrast: "the paper is compared with the cited work, or set apart from it",
    Extends: "the paper builds on the methods, tools or data of the cited work",
    Future: "the cited work is a possible direction for later work",
    Motivation: "the cited work gives a reason for the paper",
    Uses: "the paper uses methods, tools or data of the cited work",
  },
  splits: {
    train: {
      rows: 1688,
      bytes: 437_511,
      sha256: "dee2c084d3f40f268b11cf612ec049f311088c3831ba73903400eee479d157cb",
    },
    dev: {
      rows: 114,
      bytes: 28_233,
      sha256: "09d30f69894d80438e1fdfebb973ff64b5a5439bbe7c57b8c069f5e46a1561a1",
    },
    test: {
      rows: 139,
      bytes: 36_305,
      sha256: "b1d44419eede55ece02fa1f272697f80d42d5dbe36804ea8d85173120f3f446f",
    },
  },
  published: {
    train: {
      url: `${aclArcSource}/train.jsonl`,
      bytes: 465_895,
      sha256: "58eef60d2bbfdabefc3de25191714f769db03134523ef67e87d864112c67908c",
    },
    dev: {
      url: `${aclArcSource}/dev.jsonl`,
      bytes: 30_138,
      sha256: "bc456ac8caf40829dc2d3a44801a385ad8463c80682cbf002c19329b35812b5f",
    },
    test: {
      url: `${aclArcSource}/test.jsonl`,
      bytes: 38_637,
      sha256: "749d083cc3141d54a2bf1475c02a5a1c020c664601d55fe2829bdf85f06db4bb",
    },
  },
  notes: [
    "52 of the 139 test rows (37 %) and 43 of the 114 dev rows have a text that is also in train, nearly all with the same label; look at the metrics on unseen test rows too",
    "test has 5 rows each of Extends and Future: one row more or less moves macro-F1 by whole points",
    "418 of the 1688 train rows repeat an earlier one, and 20 train texts have more than one label, probably because a sentence with several citations becomes several rows",
    "texts are tokenised Penn Treebank style, with spaces around punctuation: ( Collins , 1997 )",
    "in 69 rows a non-ASCII character was garbled by a wrong encoding (a bullet reads \u00e2\u20ac\u00a2), as published",
  ],
};

const ohsumed: KnownDataset = {
  name: "ohsumed",
  title:
    "Ohsumed: titles and abstracts of MEDLINE on cardiovascular diseases and 22 other groups, one label each",
  source:
    "github.com/yao8839836/text_gcn at 962223652e9b, data/ohsumed_single_23; title and abstract in one line; train and dev split as in github.com/usk-Kimura/L3Masking, datasets/OHS; rows shuffled",
  terms: "none stated in the repository; MEDLINE abstracts, as far as known provided for research",
  citation:
    "Hersh, Buckley, Leone, Hickam 1994. OHSUMED: An Interactive Retrieval Evaluation and New Large Test Collection for Research. SIGIR.",
  labels: {
    C01: "bacterial infections and mycoses",
    C02: "virus diseases",
    C03: "parasitic diseases",
    C04: "neoplasms",
    C05: "musculoskeletal diseases",
    C06: "digestive system diseases",
    C07: "stomatognathic diseases",
    C08: "respiratory tract diseases",
    C09: "otorhinolaryngologic diseases",
    C10: "nervous system diseases",
    C11: "eye diseases",
    C12: "urologic and male genital diseases",
    C13: "female genital diseases and pregnancy complications",
    C14: "cardiovascular diseases",
    C15: "hemic and lymphatic diseases",
    C16: "neonatal diseases and abnormalities",
    C17: "skin and connective tissue diseases",
    C18: "nutritional and metabolic diseases",
    C19: "endocrine diseases",
    C20: "immunologic diseases",
    C21: "disorders of environmental origin",
    C22: "animal diseases",
    C23: "pathological conditions, signs and symptoms",
  },
  splits: {
    train: {
      rows: 3011,
      bytes: 3_896_664,
      sha256: "1044ca8e9ab7eb00b3ab85bdd5bae8fa5ef9336bd6b9d81ea9915ad94d34fd9b",
    },
    dev: {
      rows: 346,
      bytes: 437_809,
      sha256: "4971cd856420c3de96019c14fb96dd149f8e915d4f1285f8f9b67ba168637196",
    },
    test: {
      rows: 4043,
      bytes: 5_245_734,
      sha256: "c375daae1c582ef153ec7511386660282a3977e4e9d56fc26563b8ed8e904003",
    },
  },
  notes: [
    "C22 has 9 train, no dev and 10 test rows, and C03 no dev row: macro-F1 on test depends on labels that dev cannot measure",
    "the published train file has 3022 rows; 7 of its texts belong to text_gcn's test set and are left out of train here, so results are not exactly comparable",
    "for 11 rows the published train file and text_gcn's folders disagree on the label; the folders are used",
    "abstracts are long (about 186 words): most are truncated at 128 tokens, see --max-length",
  ],
};

const imdb: KnownDataset = {
  name: "imdb",
  title: "IMDb: film reviews of Large Movie Review Dataset 1.0, positive or negative",
  source:
    "Large Movie Review Dataset 1.0 (ai.stanford.edu/~amaas/data/sentiment), all 50,000 labelled reviews; dev is the 2500 train reviews that github.com/usk-Kimura/L3Masking sets aside; <br /> replaced by a space; rows shuffled",
  terms: "no licence stated; the authors ask to be cited",
  citation:
    "Maas, Daly, Pham, Huang, Ng, Potts 2011. Learning Word Vectors for Sentiment Analysis. ACL.",
  labels: { neg: "4 stars of 10 or fewer", pos: "7 stars of 10 or more" },
  splits: {
    train: {
      rows: 22_500,
      bytes: 29_977_030,
      sha256: "121938c72932878e6d84f384f642187a0bfdc51b4ee6c4df9f6b288146f275f9",
    },
    dev: {
      rows: 2500,
      bytes: 3_382_271,
      sha256: "53a44ea9087864150cf2adee81e517f191edf078cfcfe7cb047cd2e6f84ae6f6",
    },
    test: {
      rows: 25_000,
      bytes: 32_586_730,
      sha256: "e4197e9841d15d7482e39e4730c5632b212aed53f3173ed01fc1ec553ecefe8c",
    },
  },
  notes: [
    "110 test rows have a text that is also in train and 13 one that is also in dev, all with the same label; a known property of the data set, too small to matter",
    "83 train and 201 test rows repeat an earlier row of their split",
    "reviews are long (about 230 words, up to 2459): most are truncated at 128 tokens, see --max-length",
    "scoring and training on 22,500 rows take long on an ordinary computer",
  ],
};

/** The public data sets that `--dataset` knows, by name. */
export const knownDatasets: Readonly<Record<KnownDatasetName, KnownDataset>> = {
  "acl-arc": aclArc,
  ohsumed,
  imdb,
};
