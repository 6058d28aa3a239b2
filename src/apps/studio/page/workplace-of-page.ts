/** Where this page has its work done. */
import type { Workplace } from "../workplace.js";
import { remoteWorkplace } from "./remote-workplace.js";

const KEY = "token";

/**
 * Behind the local server, whose token comes in the address. It is kept for this tab alone and taken out of the address, so
 * that it is in no history.
 */
export async function workplaceOfPage(): Promise<Workplace> {
  const given = location.hash.slice(1);
  if (TOKEN.test(given)) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(undefined, "", location.pathname);
  }
  return remoteWorkplace(sessionStorage.getItem(KEY) ?? "");
}

/** A part of the page has another form of name. */
const TOKEN = /^[\w-]{32}$/;
