log "hello"
