#!/bin/sh
# Stands for a program that resizes pictures: says what it was asked to do.
echo "resize:$1:${2:-64}"
