#!/bin/sh
# Says what is known of media files.
while [ $# -gt 0 ]; do
  case "$1" in
    -i) shift; echo "input=$1" ;;
    -s) shift; echo "size=$1" ;;
    -report) shift; cat "$1" ;;
    *) echo "arg=$1" ;;
  esac
  shift
done
