url        = "$URL"
max_tokens = 8
context    = 32
