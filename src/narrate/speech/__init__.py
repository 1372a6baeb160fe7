"""Speech: utterances in, takes out. Every engine stands behind `engine.Engine`."""
