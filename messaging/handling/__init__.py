"""Who looks after a thread of several: chosen by turn, taken, transferred, assigned, done."""
