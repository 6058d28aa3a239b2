import { describe, expect, it } from "vitest";
import { hubSettings } from "./hub-environment.js";

const home = "/home/ada";
const usual = `${home}/.cache/huggingface`;

const folderWithNames = ["~/c/$SUB", "{SUB}"].join("/$");

describe("hubSettings", () => {
  it("are the usual ones in an empty environment, and empty values count as none", () => {
    const settings = {
      cacheFolder: `${usual}/hub`,
      endpoint: "https://huggingface.co",
      tokenFile: `${usual}/token`,
    };
    expect(hubSettings({}, home)).toEqual(settings);
    const names = ["HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE"];
    const empty = Object.fromEntries(names.map((name) => [name, " "]));
    expect(hubSettings(empty, home)).toEqual(settings);
  });

  // Each is overruled by those below it.
  it.each([
    ["XDG_CACHE_HOME", "/x", "/x/huggingface/hub", "/x/huggingface/token"],
    ["HF_HOME", "/h", "/h/hub", "/h/token"],
    ["HUGGINGFACE_HUB_CACHE", "/old", "/old", "/h/token"],
    ["HF_HUB_CACHE", folderWithNames, `${home}/c/s/s`, "/h/token"],
    ["HF_TOKEN_PATH", "~", `${home}/c/s/s`, home],
  ])("cache and token file: %s", (name, value, cacheFolder, tokenFile) => {
    const all = {
      SUB: "s",
      XDG_CACHE_HOME: "/x",
      HF_HOME: "/h",
      HUGGINGFACE_HUB_CACHE: "/old",
      HF_HUB_CACHE: folderWithNames,
      HF_TOKEN_PATH: "~",
    };
    const until = Object.keys(all).indexOf(name) + 1;
    const environment = Object.fromEntries(Object.entries(all).slice(0, until));
    expect(environment[name]).toBe(value);
    expect(hubSettings(environment, home)).toMatchObject({ cacheFolder, tokenFile });
  });

  it("the endpoint has no slash at its end", () => {
    expect(hubSettings({ HF_ENDPOINT: "https://mirror.example/hf//" }, home).endpoint).toBe(
      "https://mirror.example/hf",
    );
  });

  it.each([
    [{ HF_HUB_OFFLINE: "1" }, "HF_HUB_OFFLINE=1"],
    [{ HF_HUB_OFFLINE: "yes" }, "HF_HUB_OFFLINE=yes"],
    [{ HF_HUB_OFFLINE: "On" }, "HF_HUB_OFFLINE=On"],
    [{ TRANSFORMERS_OFFLINE: "TRUE" }, "TRANSFORMERS_OFFLINE=TRUE"],
    [{ HF_HUB_OFFLINE: "0", TRANSFORMERS_OFFLINE: "1" }, undefined],
    [{ HF_HUB_OFFLINE: "2" }, undefined],
  ])("offline by %j: %s", (environment, offlineBy) => {
    expect(hubSettings(environment, home).offlineBy).toBe(offlineBy);
  });

  it("the token comes from HF_TOKEN, then from its old name; the file can be forbidden", () => {
    const old = { HUGGING_FACE_HUB_TOKEN: "hf_old" };
    expect(hubSettings(old, home).token).toBe("hf_old");
    expect(hubSettings({ ...old, HF_TOKEN: " hf_new\n" }, home).token).toBe("hf_new");
    expect(hubSettings({ HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }, home).tokenFile).toBeUndefined();
  });
});
