/** The version of this package; a test holds package.json to it. */
export const packageVersion = "0.1.0";
