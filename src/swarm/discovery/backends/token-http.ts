import { openToken } from "./token.ts";

/** `token+http://`: the token service without TLS, for a network that is trusted as it is. */
export const open = openToken("http");
