#!/bin/sh
# probe.sh FILE: what the media program would say
printf 'format=mp4\nname=%s\nduration=12.5\n' "$1"
