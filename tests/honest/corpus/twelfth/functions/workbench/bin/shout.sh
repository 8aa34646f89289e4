#!/bin/sh
tr '[:lower:]' '[:upper:]'
