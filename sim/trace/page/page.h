// The parts of the timeline page, embedded by the genrule of this folder. timeline.cc puts them
// together.
#ifndef QUADRAFT_SIM_TRACE_PAGE_PAGE_H_
#define QUADRAFT_SIM_TRACE_PAGE_PAGE_H_

namespace quadraft::sim {

extern const char kPageFrame[];  // frame.html; %TITLE%, %STYLE%, %DATA%, %SCRIPT% are filled in.
extern const char kPageStyle[];  // style.css
extern const char kPageModel[];  // model.js: reads the data; the state at any event.
extern const char kPageDraw[];   // draw.js: the canvas.
extern const char kPageMain[];   // main.js: scrubber, search, panels.

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_PAGE_PAGE_H_
