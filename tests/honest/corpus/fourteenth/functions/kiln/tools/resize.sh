#!/bin/sh
# What the image program does in the layer: resize.sh FILE WIDTH
echo "resized $(basename -- "$1") to ${2:-100}px"
