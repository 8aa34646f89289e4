#!/bin/sh
echo "PING $1: 1 packets transmitted, 1 received"
