run { argv = ["ls", "/"] }
phase "start" { wall = true }
