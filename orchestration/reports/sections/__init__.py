"""The sections of the page of a build, a file a subject."""
