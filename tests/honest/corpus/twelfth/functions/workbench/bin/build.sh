#!/bin/bash
echo "building ${PROJECT:-none} for ${TARGET:-dev}"
