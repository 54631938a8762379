// How much of a processor that is asked for by more threads than it can serve a thread gets.
#pragma once

namespace fundledger {

// Of threads that record what others took in. Those that take in and refuse go first: what is refused late
// is repeated late, and what waits in a socket counts against no limit. Queries are not slowed down.
inline constexpr int kNiceOfWorkers = 2;
// Of threads whose work can wait.
inline constexpr int kNiceOfBackground = 10;

// Makes the calling thread that much nicer than the process, as nice(1) does. Only politeness: it may fail,
// and says nothing.
void BeNice(int nice);

}  // namespace fundledger
