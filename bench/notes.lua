--- Why a row falls short, or what else there is to say of it, by row and what, as the table has them:
--   ["B1: status, HTTP/1.1: wall"] = "…"
-- A note for several lines that begin alike may stand under that beginning; the longest that fits counts.

return {
  ["B1"] = 'The raw loop does not read the answer: "raw + cjson from Lua" does, and is what a client in Lua takes at '
    .. "least. Everybody sends the same token of 1,500 bytes, which costs libcurl 140,000 instructions a call; with a "
    .. "short one the rest weighs more. See B7.",
  ["B2"] = "Without latency one core is busy throughout, and the raw loop does not read JSON: the same difference as "
    .. "in B1. With 50 ms there is time for both.",
  ["B4"] = "Nobody knows when a phase ends: it is seen 125 ms late on average at the first pace of a look per 250 ms, "
    .. "and what a list misses is confirmed by a second one. The bound that holds is 1 + 1/16 of the phases + 0.1 s.",
  ["B6"] = "By reading the code, not measured part by part: per request a coroutine, a retry machine and the request "
    .. "itself; per deployment its id and a place in about five tables by id, which double as they grow.",
  ["B7: instructions per call beyond libcurl's, with"] = "Decoding this record by lua-cjson, and collecting it, takes "
    .. "57,000 of them in Lua 5.4 and 41,000 in LuaJIT by itself; 15,000 are saved in libcurl (its URL is not read "
    .. "anew, less is formatted). The rest: a look at the text for null and numbers and, in 5.4, the walk that makes "
    .. "integers of them 12,000, the Lua layer 15,000, beginning and reading a transfer 10,000, wiping 7,000.",
  ["B7: calls of malloc"] = "35 of them make the record.",
  ["B10"] = "The body has to be a Lua string before cjson can read it, after the transfer: transfer, string and the "
    .. "look for nulls come on top of cjson.",
}
