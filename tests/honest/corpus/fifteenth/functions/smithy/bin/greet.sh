#!/bin/sh
# A banner; written in a hurry.
eval "echo banner: $1"
