"""What if the limits had been others: recorded sessions through the same engine again, compared with what the present limits say.

Of a session only what the patient and the people did is taken: the ticks, and the entries that the engine hears of. An
acknowledgement is left out, for nobody knows when somebody would have answered an alarm that came at another moment; onsets and
ends do not depend on it. A limit that was changed at the bedside is left out of both runs where the question is about that very
rule, for it would overrule the answer; changes of other rules stand in both.
"""
