phase "start" { run = ["true"] }
