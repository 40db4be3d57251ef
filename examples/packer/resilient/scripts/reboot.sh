#!/bin/sh
echo restarting > /opt/resilient/restarted
reboot
sleep 60
