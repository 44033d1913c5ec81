"""`jupyter sc2 doctor`: what there is, what is wrong, and what to do about it."""
