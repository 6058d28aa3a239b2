/** Why a server cannot listen. */
import { L3MaskingError } from "../../base/errors.js";

/** `server-address`, for what Node says of an address. */
export function addressError(
  { host, port }: { readonly host: string; readonly port: number },
  cause: Error,
): L3MaskingError {
  const code = "code" in cause ? String(cause.code) : cause.message;
  const reason =
    code === "EADDRINUSE"
      ? "another program is using the port"
      : code === "EACCES"
        ? "permission denied"
        : code;
  return new L3MaskingError("server-address", `cannot listen on ${host}:${port}: ${reason}`, {
    hint: "Choose another --port or --host.",
    cause,
  });
}
