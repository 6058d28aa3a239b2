import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { resolveSettings, trainSchema } from "../../run/settings/schemas.js";
import { parseTicket, readTicket, type Ticket, ticketLine } from "./ticket.js";

const at = temporaryFolder();

const ticket: Ticket = {
  format: "l3masking-ticket",
  version: 1,
  name: "a-m-l3-equal-seed0-01234567",
  digest: "01234567",
  data_digest: "data",
  checkpoint_digest: "model",
  settings: resolveSettings(trainSchema, { trainFile: "t.csv", model: "m", gamma: 0.5 }),
};

describe("a ticket", () => {
  it("is the same after a journey as text", () => {
    expect(parseTicket(ticketLine(ticket), "a line")).toEqual(ticket);
    expect(ticketLine(ticket)).not.toContain("\n");
  });

  it("is read from a file, or from a line of it", () => {
    const other = { ...ticket, name: "other" };
    writeFileSync(at("one.json"), JSON.stringify(ticket, undefined, 2));
    writeFileSync(at("tickets.jsonl"), `${ticketLine(ticket)}\n${ticketLine(other)}\n`);
    expect(readTicket(at("one.json"))).toEqual(ticket);
    expect(readTicket(`${at("tickets.jsonl")}#2`)).toEqual(other);
  });

  it("is refused where there is none", () => {
    expect(() => readTicket(at("none.json"))).toThrow(
      expect.objectContaining({ code: "file-missing" }),
    );
    writeFileSync(at("short.jsonl"), `${ticketLine(ticket)}\n`);
    for (const number of [0, 2, 3]) {
      const place = `${at("short.jsonl")}#${number}`;
      expect(() => readTicket(place)).toThrow(expect.objectContaining({ code: "data-format" }));
    }
  });

  it.each([
    ["../else", "a path"],
    ["a/b", "a path"],
    ["a\\b", "a path of Windows"],
    ["..", "the folder above"],
    ["", "no name"],
  ])("is refused with the folder %j: %s", (name) => {
    const line = ticketLine({ ...ticket, name });
    expect(() => parseTicket(line, "a line")).toThrow("expected the name of a folder");
  });

  it("is refused with settings that there are not, or of another version", () => {
    const settings = { ...ticket.settings, wrong: 1 };
    const lines = [
      JSON.stringify({ ...ticket, settings }),
      JSON.stringify({ ...ticket, version: 2 }),
    ];
    for (const line of lines) {
      expect(() => parseTicket(line, "l")).toThrow(
        expect.objectContaining({ code: "data-format", hint: expect.stringContaining("version") }),
      );
    }
  });
});
