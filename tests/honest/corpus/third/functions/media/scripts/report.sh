#!/bin/sh
# Prints a title and the number of lines of a file.
set -eu
printf 'Report: %s\n' "$1"
wc -l < "$2" | tr -d ' '
