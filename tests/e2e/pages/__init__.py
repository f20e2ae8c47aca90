"""One object per page: tests say what a person does, pages know where it stands."""
