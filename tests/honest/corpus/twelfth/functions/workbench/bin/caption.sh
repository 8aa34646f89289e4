#!/bin/sh
# Stands in for a program that writes a caption on a picture: caption.sh FILE TEXT...
file=$1
shift
printf 'captioned %s with %s word(s): %s\n' "$(basename "$file")" "$#" "$*"
