"""The command line: one file a command, each parse → call → print. Heavy modules are imported inside the commands."""
