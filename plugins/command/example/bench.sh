#!/bin/sh
# Stands for a bench script: prints a text, and a rate near the one it is given.
echo "Once upon a time"
awk -v rate="$1" -v seed="$$" 'BEGIN { srand(seed); printf "decode: %.3f tok/s\n", rate * (1 + 0.01 * rand()) }'
sleep 0.01
