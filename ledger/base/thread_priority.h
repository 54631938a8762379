// How much of a processor that is asked for by more threads than it can serve a thread gets, and how soon.
// Only manners: all of it may fail, and says nothing.
#pragma once

namespace fundledger {

// The calling thread asks for short turns, and so, as the scheduler's deadlines are, gets each sooner: for
// one of several that hand a submission on from each to the next, which would otherwise wait for the long
// turns of whoever runs, once for each of them. It gets no more of the processor than before. Without effect
// before Linux 6.12.
void TakeShortTurns();

// The calling thread records what others took in: short turns, and a little nicer than the process. Those
// that take in and refuse go first: what is refused late is repeated late, and what waits in a socket counts
// against no limit. Queries are not slowed down.
void BeWorker();

// The calling thread's work can wait.
void BeInBackground();

}  // namespace fundledger
