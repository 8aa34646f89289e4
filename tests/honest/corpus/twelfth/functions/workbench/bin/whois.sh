#!/bin/sh
# Stands in for whois: one line of a register.
case "$1" in
  *.example|example.*) echo "domain: $1; holder: Example Ltd." ;;
  *) echo "no match for $1" ;;
esac
