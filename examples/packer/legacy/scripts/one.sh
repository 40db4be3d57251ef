#!/bin/sh -eu
mkdir -p /opt/legacy
echo "one $STAGE" > /opt/legacy/one
