import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { mlflowEnvironment, mlflowServer } from "./mlflow-environment.js";

const server = (environment: Record<string, string>) =>
  mlflowServer(mlflowEnvironment({ MLFLOW_TRACKING_URI: "http://here:5000", ...environment }));

/** The user name and password of RFC 7617, section 2, and their header. */
const aladdin = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";

describe("mlflowServer", () => {
  it("has MLflow's default experiment and shows nobody where nothing else is set", () => {
    expect(server({})).toEqual({ address: "http://here:5000", experimentName: "Default" });
    expect(server({ MLFLOW_EXPERIMENT_NAME: " ", MLFLOW_TRACKING_TOKEN: "" })).toEqual(server({}));
  });

  it("keeps the path of the address", () => {
    const { address } = server({ MLFLOW_TRACKING_URI: "https://there/mlflow/" });
    expect(address).toBe("https://there/mlflow");
  });

  it("shows a token, or before it a user name with its password", () => {
    const token = { MLFLOW_TRACKING_TOKEN: "secret", MLFLOW_EXPERIMENT_NAME: "sea" };
    expect(server(token)).toMatchObject({
      experimentName: "sea",
      authorization: "Bearer secret",
    });
    const user = { MLFLOW_TRACKING_USERNAME: "Aladdin", MLFLOW_TRACKING_PASSWORD: "open sesame" };
    expect(server({ ...token, ...user }).authorization).toBe(aladdin);
    // A name without a password is no answer to "who are you?".
    expect(server({ ...token, MLFLOW_TRACKING_USERNAME: "Aladdin" }).authorization).toBe(
      "Bearer secret",
    );
  });

  it("refuses a token that no header may have, and does not show it", () => {
    const refused = () => server({ MLFLOW_TRACKING_TOKEN: "secret\u200b" });
    expect(refused).toThrow("the token of MLFLOW_TRACKING_TOKEN, got U+200B");
    expect(refused).not.toThrow(/secret/);
  });

  it("takes user name and password out of the address", () => {
    expect(server({ MLFLOW_TRACKING_URI: "http://Aladdin:open%20sesame@here:5000" })).toEqual({
      address: "http://here:5000",
      experimentName: "Default",
      authorization: aladdin,
    });
  });

  it.each([undefined, "", "mlruns", "file:///mlruns", "sqlite:///secret.db", "databricks"])(
    "refuses %s, which it does not show",
    async (uri) => {
      const environment = mlflowEnvironment({ MLFLOW_TRACKING_URI: uri });
      const error = await failure(Promise.resolve().then(() => mlflowServer(environment)));
      expect(error).toMatchObject({ code: "invalid-setting" });
      expect(error.message).toContain("MLFLOW_TRACKING_URI");
      expect(error.message).not.toContain("secret");
    },
  );
});
