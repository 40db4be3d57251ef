class motd { }
