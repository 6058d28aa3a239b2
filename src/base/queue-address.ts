/** Addresses of Redis and Valkey servers. */

/** What is wrong with an address, which may hold a password and is not quoted; undefined for `redis://HOST:PORT/NUMBER` and `rediss:`. */
export function addressFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "") {
    return "expected redis://HOST:PORT, or rediss://HOST:PORT for an encrypted connection";
  }
  if (url.username !== "" || url.password !== "") {
    return "expected an address without user and password, which L3MASKING_QUEUE_USERNAME and L3MASKING_QUEUE_PASSWORD are for";
  }
  const plain = url.search === "" && url.hash === "" && /^(\/\d*)?$/.test(url.pathname);
  return plain ? undefined : "expected nothing behind the address but the number of a database";
}
