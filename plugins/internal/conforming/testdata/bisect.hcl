model = "tiny"
