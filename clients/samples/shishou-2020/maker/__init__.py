"""Makes the sample data set shishou-2020; see ../README.md."""
