import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { L3MaskingError } from "../../base/errors.js";
import { hubSettings } from "../../platform/hub-environment.js";
import { hubAccess } from "./access.js";

const at = temporaryFolder();
const access = (environment: Record<string, string>) =>
  hubAccess(hubSettings({ HF_HOME: at("home"), ...environment }, "/home/ada"));

describe("hubAccess", () => {
  it("has the endpoint and the token, of the environment or its file", () => {
    expect(access({})).toEqual({ endpoint: "https://huggingface.co" });
    expect(access({ HF_ENDPOINT: "http://localhost:8080/hf/", HF_TOKEN: "hf_a" })).toEqual({
      endpoint: "http://localhost:8080/hf",
      token: "hf_a",
    });
    writeFileSync(at("token"), "hf_b\n");
    expect(access({ HF_TOKEN_PATH: at("token") }).token).toBe("hf_b");
  });

  it.each([
    ["hf-mirror.com", 'got "hf-mirror.com"'],
    ["http://", 'got "http://"'],
    ['"https://huggingface.co"', "got"],
    ["localhost:8080", 'got "localhost:8080"'],
    ["ftp://mirror.example", 'got "ftp://mirror.example"'],
    ["https://mirror.example/?token=hf_secret", "got an address with a query"],
    ["https://ada:secret@mirror.example", "got an address with a user name or password"],
    ["ada:secret@mirror.example", "got something else"],
  ])("refuses HF_ENDPOINT=%s", (endpoint, found) => {
    const refused = () => access({ HF_ENDPOINT: endpoint });
    expect(refused).toThrow(L3MaskingError);
    expect(refused).toThrow(/address of the hub in HF_ENDPOINT/);
    expect(refused).toThrow(found);
    expect(refused).not.toThrow(/secret/);
    // What is shown without a request never holds a password.
    expect(hubSettings({ HF_ENDPOINT: endpoint }, "/").endpoint).toBe("https://huggingface.co");
  });

  it("refuses a token that no header may have, by the name of its place", () => {
    expect(() => access({ HF_TOKEN: "hf_abc\u200b" })).toThrow("the token of HF_TOKEN");
    writeFileSync(at("bad"), "hf_abc\u200b");
    expect(() => access({ HF_TOKEN_PATH: at("bad") })).toThrow(`the token of ${at("bad")}`);
  });
});
