/* SPDX-License-Identifier: GPL-2.0-only */
#include "picture.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <map>
#include <set>
#include <sstream>

#include "network.h"
#include "stage.h"

namespace sim
{

namespace
{

constexpr double WIDTH = 1200, LEFT = 78, RIGHT = 1180;
constexpr double TOP = 114, PANEL = 330, BETWEEN = 58, STRIP = 20;
/* How wide a cut in time is drawn; about how wide a letter is. */
constexpr double CUT = 24, LETTER = 6.2;
constexpr size_t CUTS_MAX = 10;

std::string text_of(double value, int digits)
{
	std::ostringstream s;

	s << std::fixed << std::setprecision(digits) << value;
	return s.str();
}

std::string escaped(const std::string &text)
{
	std::string out;

	for (char c : text) {
		if (c == '<')
			out += "&lt;";
		else if (c == '>')
			out += "&gt;";
		else if (c == '&')
			out += "&amp;";
		else
			out += c;
	}
	return out;
}

/* 1, 2 or 5 times a power of ten, no less than @least. */
double round_step(double least)
{
	const double ten = std::pow(10, std::floor(std::log10(least)));

	for (double step : {1.0, 2.0, 5.0}) {
		if (step * ten >= least)
			return step * ten;
	}
	return 10 * ten;
}

/* Time across, without the long pauses. */
class Axis
{
public:
	explicit Axis(const std::set<rub_ns> &times);

	double x(rub_ns t) const;
	/* A stretch of time that is drawn; @cut: the seconds left out before it. */
	struct Piece {
		rub_ns from, to;
		double x, width, cut;
	};
	const std::vector<Piece> &all() const { return pieces; }
	double span() const { return seconds; }

private:
	std::vector<Piece> pieces;
	double seconds = 0; /* that are drawn */
};

double seconds_of(rub_ns t)
{
	return static_cast<double>(t) / 1e9;
}

/* The pauses that take up most of the time, as long as cutting one makes the rest wider. */
std::set<rub_ns> pauses_of(const std::set<rub_ns> &times)
{
	std::vector<std::pair<rub_ns, rub_ns>> pauses; /* length, end */
	std::set<rub_ns> ends;
	rub_ns before = times.empty() ? 0 : *times.begin(), rest = 0;

	for (rub_ns t : times) {
		pauses.emplace_back(t - before, t);
		rest += t - before;
		before = t;
	}
	std::sort(pauses.rbegin(), pauses.rend());
	for (const auto &[length, end] : pauses) {
		if (ends.size() == CUTS_MAX || length * 12 < rest || length < 500 * MSEC)
			break;
		ends.insert(end);
		rest -= length;
	}
	return ends;
}

Axis::Axis(const std::set<rub_ns> &times)
{
	const std::set<rub_ns> ends = pauses_of(times);
	rub_ns before = 0;

	for (rub_ns t : times) {
		if (pieces.empty())
			pieces.push_back({t, t, 0, 0, 0});
		else if (ends.count(t))
			pieces.push_back({t, t, 0, 0, seconds_of(t - before)});
		pieces.back().to = before = t;
	}
	for (const Piece &p : pieces)
		seconds += seconds_of(p.to - p.from);
	const double cuts = pieces.empty() ? 0 : static_cast<double>(pieces.size() - 1);
	/* Each gets a little, however short it is. */
	const double least = 14, room = RIGHT - LEFT - cuts * CUT - (cuts + 1) * least;
	double at = LEFT;

	for (Piece &p : pieces) {
		const double share = seconds > 0 ? seconds_of(p.to - p.from) / seconds : 0;

		at += p.cut > 0 ? CUT : 0;
		p.x = at;
		p.width = least + room * share;
		at += p.width;
	}
}

double Axis::x(rub_ns t) const
{
	for (auto p = pieces.rbegin(); p != pieces.rend(); ++p) {
		if (t < p->from)
			continue;
		const double length = std::max(seconds_of(p->to - p->from), 1e-9);
		const double share = std::min(1.0, seconds_of(t - p->from) / length);

		return p->x + 2 + (p->width - 4) * share;
	}
	return LEFT;
}

const char *colour_of(u8 state)
{
	static const char *const colours[] = {"#ffffff", "#b7dfb9", "#f6d99b", "#f0b27a",
					      "#a9cce3", "#7fb3d5", "#d7bde2", "#eeeeee",
					      "#f5b7b1", "#e6998f", "#ffffff", "#c39bd3"};

	return state < STATES ? colours[state] : "#ffffff";
}

struct Style {
	const char *name, *colour;
	double width;
};

const Style &style_of(Picture::Mark::Kind kind)
{
	static const Style styles[] = {
		{"data", "#1f4e9c", 2.4},	 {"sent again", "#d62728", 2.4},
		{"window probe", "#e377c2", 3},	 {"lost", "#ff7f0e", 1.4},
		{"ACK", "#2ca02c", 1.3},	 {"SACK block", "#9467bd", 2},
		{"window edge", "#c9a400", 1.3}, {"SYN", "#222222", 0},
		{"FIN", "#222222", 0},		 {"RST", "#d62728", 0}};

	return styles[kind];
}

/* The file, while it is drawn. */
class Drawing
{
public:
	Drawing(std::ostream &file, const Axis &time) : out(file), axis(time) {}

	void line(double x1, double y1, double x2, double y2, const char *colour, double width,
		  const char *more = "")
	{
		out << "<line x1='" << x1 << "' y1='" << y1 << "' x2='" << x2 << "' y2='" << y2
		    << "' stroke='" << colour << "' stroke-width='" << width << "' " << more
		    << "/>\n";
	}
	void text(double x, double y, const std::string &what, const std::string &more = "")
	{
		out << "<text x='" << x << "' y='" << y << "' " << more << ">" << escaped(what)
		    << "</text>\n";
	}
	void rect(double x, double y, double w, double h, const char *colour, const char *more = "")
	{
		out << "<rect x='" << x << "' y='" << y << "' width='" << w << "' height='" << h
		    << "' fill='" << colour << "' " << more << "/>\n";
	}

	std::ostream &out;
	const Axis &axis;
};

/* One direction: what its sender sees. */
class Panel
{
public:
	Panel(Drawing &drawing, double top, u8 side, std::vector<Picture::Mark> of_stream)
		: d(drawing), top(top), side(side), marks(std::move(of_stream))
	{
		for (const Picture::Mark &m : marks) {
			if (m.kind != Picture::Mark::EDGE)
				highest = std::max(highest, m.to);
		}
		highest += highest / 8 + 1;
	}

	void draw()
	{
		frame();
		d.out << "<g clip-path='url(#panel" << int{side} << ")'>\n";
		steps(Picture::Mark::EDGE);
		steps(Picture::Mark::ACK);
		for (const Picture::Mark &m : marks)
			mark(m);
		d.out << "</g>\n";
		for (const Picture::Mark &m : marks)
			letter(m);
	}

private:
	double y(u32 seq) const
	{
		return top + PANEL - 4 - (PANEL - 8) * std::min(1.2, seq / double(highest));
	}
	void frame();
	void times();
	/* A line that stays where it is until it is told otherwise. */
	void steps(Picture::Mark::Kind kind);
	void mark(const Picture::Mark &m);
	void letter(const Picture::Mark &m);

	Drawing &d;
	const double top;
	const u8 side;
	const std::vector<Picture::Mark> marks;
	u32 highest = 0;
	std::map<u8, double> lettered; /* where such a letter stands already */
};

void Panel::frame()
{
	const double step = round_step(highest / 6.0);

	d.out << "<clipPath id='panel" << int{side} << "'><rect x='" << LEFT << "' y='" << top
	      << "' width='" << RIGHT - LEFT << "' height='" << PANEL << "'/></clipPath>\n";
	d.rect(LEFT, top, RIGHT - LEFT, PANEL, "#ffffff", "stroke='#888'");
	for (double seq = 0; seq < highest; seq += step) {
		const double at = y(static_cast<u32>(seq));

		d.line(LEFT, at, RIGHT, at, "#eeeeee", 1);
		d.text(LEFT - 6, at + 4, text_of(seq, 0), "text-anchor='end'");
	}
	d.text(0, 0, side ? "B to A: sequence number - ISN" : "A to B: sequence number - ISN",
	       "text-anchor='middle' font-weight='bold' transform='translate(14," +
		       text_of(top + PANEL / 2, 0) + ") rotate(-90)'");
	times();
}

void Panel::times()
{
	const double step = round_step(std::max(d.axis.span() / 12, 1e-6));
	const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
	const double under = top + PANEL + 15;
	double free = LEFT - 20;

	for (const Axis::Piece &p : d.axis.all()) {
		if (p.cut > 0) {
			const double x = p.x - CUT;

			d.rect(x, top, CUT, PANEL, "#f1f1f1",
			       "stroke='#bbb' stroke-dasharray='3 3'");
			d.text(0, 0, text_of(p.cut, p.cut < 10 ? 2 : 0) + " s pass",
			       "text-anchor='middle' fill='#666' transform='translate(" +
				       text_of(x + CUT / 2 + 4, 1) + "," +
				       text_of(top + PANEL / 2, 1) + ") rotate(-90)'");
		}
		const double from = seconds_of(p.from - Trace::START);
		const double to = seconds_of(p.to - Trace::START);
		const auto label = [&](double t, int n) {
			const double x = d.axis.x(Trace::START + static_cast<rub_ns>(t * 1e9));
			const std::string what = text_of(t, n);
			const double half = LETTER * static_cast<double>(what.size()) / 2;

			if (x - half < free + 6)
				return;
			free = x + half;
			d.line(x, top, x, top + PANEL, "#eeeeee", 1);
			d.line(x, top + PANEL, x, top + PANEL + 4, "#888", 1);
			d.text(x, under, what, "text-anchor='middle'");
		};

		/* No round time in it: where it begins. */
		if (std::ceil(from / step) * step > to)
			label(from, std::max(digits, 2));
		for (double t = std::ceil(from / step) * step; t <= to; t += step)
			label(t, digits);
	}
	d.text(RIGHT, under + 15, "seconds", "text-anchor='end'");
}

/* The furthest so far; what came late and says less is a dot. A SYN begins anew. */
void Panel::steps(Picture::Mark::Kind kind)
{
	const Style &style = style_of(kind);
	std::ostringstream path, dots;
	double end = LEFT;
	u32 most = 0;
	bool any = false;

	for (const Picture::Mark &m : marks) {
		if (m.kind == Picture::Mark::SYN && any) {
			path << "H" << end;
			any = false;
		}
		if (m.kind != kind)
			continue;
		end = d.axis.x(m.at);
		if (!any)
			path << "M" << end << " " << y(m.to);
		else if (m.to > most)
			path << "H" << end << "V" << y(m.to);
		else if (m.to < most && kind == Picture::Mark::ACK)
			dots << "M" << end - 1 << " " << y(m.to) << "h2";
		most = any ? std::max(most, m.to) : m.to;
		any = true;
	}
	if (any)
		path << "H" << end;
	for (const std::string &line : {path.str(), dots.str()}) {
		if (!line.empty())
			d.out << "<path d='" << line << "' fill='none' stroke='" << style.colour
			      << "' stroke-width='" << style.width << "'/>\n";
	}
}

void Panel::mark(const Picture::Mark &m)
{
	const Style &style = style_of(m.kind);
	const double x = d.axis.x(m.at), from = y(m.from), to = y(m.to), middle = (from + to) / 2;

	switch (m.kind) {
	case Picture::Mark::DATA:
	case Picture::Mark::AGAIN:
	case Picture::Mark::PROBE:
	case Picture::Mark::SACK:
		/* Never shorter than can be seen. */
		d.line(x, std::max(from, to + 2), x, to, style.colour, style.width,
		       m.kind == Picture::Mark::SACK ? "opacity='0.6'" : "");
		break;
	case Picture::Mark::LOST:
		d.line(x - 4, middle - 4, x + 4, middle + 4, style.colour, style.width);
		d.line(x - 4, middle + 4, x + 4, middle - 4, style.colour, style.width);
		break;
	default:
		break;
	}
}

void Panel::letter(const Picture::Mark &m)
{
	if (m.kind < Picture::Mark::SYN)
		return;
	const Style &style = style_of(m.kind);
	const double x = std::min(d.axis.x(m.at), RIGHT - 12);
	const double at = std::max(y(m.to) - 6, top + 12);
	const auto there = lettered.find(m.kind);

	d.out << "<circle cx='" << d.axis.x(m.at) << "' cy='" << std::max(y(m.to), top + 4)
	      << "' r='2.5' fill='" << style.colour << "'/>\n";
	if (there != lettered.end() && x - there->second < 28)
		return;
	lettered[m.kind] = x;
	d.text(x, m.kind == Picture::Mark::RST ? at + 20 : at, style.name,
	       std::string("text-anchor='middle' font-size='10' fill='") + style.colour + "'");
}

void legend(Drawing &d, double y)
{
	double x = LEFT;

	for (int i = 0; i <= Picture::Mark::EDGE; i++) {
		const Style &s = style_of(static_cast<Picture::Mark::Kind>(i));

		if (i == Picture::Mark::LOST) {
			d.line(x + 4, y - 8, x + 12, y, s.colour, s.width + 0.4);
			d.line(x + 4, y, x + 12, y - 8, s.colour, s.width + 0.4);
		} else if (i == Picture::Mark::ACK || i == Picture::Mark::EDGE) {
			d.line(x, y - 4, x + 16, y - 4, s.colour, s.width + 0.7);
		} else {
			d.line(x + 8, y - 10, x + 8, y + 2, s.colour, s.width + 0.6);
		}
		d.text(x + 21, y, s.name);
		x += 21 + LETTER * static_cast<double>(std::string(s.name).size()) + 22;
	}
}

/* Vertical lines; their names above, one that finds no room only as a line. */
void events(Drawing &d, const std::vector<Picture::Event> &all, double y, double bottom)
{
	double free[2] = {LEFT, LEFT};

	for (const Picture::Event &e : all) {
		const bool bad = e.what.starts_with("invariant");
		const std::string what =
			bad ? "violated here" : (e.side < 2 ? (e.side ? "B " : "A ") : "") + e.what;
		const double x = d.axis.x(e.at), half = LETTER * double(what.size()) / 2;
		const double at = std::clamp(x, LEFT + half, RIGHT - half);

		d.line(x, y + 4, x, bottom, bad ? "#d62728" : "#777777", bad ? 2 : 1,
		       "stroke-dasharray='5 4'");
		for (int row = 0; row < 2; row++) {
			if (at - half < free[row] && !(bad && row == 1))
				continue;
			d.text(at, y - 13 * row, what,
			       std::string("text-anchor='middle' font-size='11' fill='") +
				       (bad ? "#d62728' font-weight='bold'" : "#555'"));
			free[row] = at + half + 8;
			break;
		}
	}
}

/* The states of one end, each as long as it lasted. */
void strip(Drawing &d, const std::vector<Picture::Stay> &stays, u8 side, double y)
{
	d.text(LEFT - 6, y + 14, side ? "B" : "A", "text-anchor='end' font-weight='bold'");
	for (size_t i = 0; i < stays.size(); i++) {
		const double from = d.axis.x(stays[i].at);
		const double to = i + 1 < stays.size() ? d.axis.x(stays[i + 1].at) : RIGHT;
		const std::string name = state_name(stays[i].state);

		d.rect(from, y, std::max(to - from, 0.5), STRIP, colour_of(stays[i].state),
		       "stroke='#888' stroke-width='0.5'");
		if (to - from > LETTER * static_cast<double>(name.size()) + 4)
			d.text((from + to) / 2, y + 14, name,
			       "text-anchor='middle' font-size='10'");
	}
}

void state_legend(Drawing &d, const std::set<u8> &states, double y)
{
	double x = LEFT;

	for (u8 state : states) {
		const std::string name = state_name(state);

		d.rect(x, y - 9, 11, 11, colour_of(state), "stroke='#888' stroke-width='0.5'");
		d.text(x + 15, y, name, "font-size='10'");
		x += 15 + LETTER * static_cast<double>(name.size()) + 16;
	}
}

template <typename T>
std::vector<T> of_side(const std::vector<T> &all, u16 pair, u8 side)
{
	std::vector<T> some;

	std::copy_if(all.begin(), all.end(), std::back_inserter(some),
		     [&](const T &one) { return one.pair == pair && one.side == side; });
	return some;
}

} // namespace

void Picture::sent(rub_ns now, u8 side, const Packet &p, u32 seq, bool again, bool probe,
		   u32 copies)
{
	const u32 end = seq + p.seg.len;

	if (p.seg.len)
		marks.push_back({now,
				 probe	 ? Mark::PROBE
				 : again ? Mark::AGAIN
					 : Mark::DATA,
				 side, p.pair, seq, end});
	if (p.seg.flags & RUB_SYN)
		marks.push_back({now, Mark::SYN, side, p.pair, seq, seq});
	if (p.seg.flags & RUB_FIN)
		marks.push_back({now, Mark::FIN, side, p.pair, end, end});
	if (p.seg.flags & RUB_RST)
		marks.push_back({now, Mark::RST, side, p.pair, seq, seq});
	if (!copies && (p.seg.len || p.seg.flags & (RUB_SYN | RUB_FIN | RUB_RST)))
		marks.push_back({now, Mark::LOST, side, p.pair, seq, end});
}

void Picture::acked(rub_ns now, u8 side, const Packet &p, u32 iss, u32 scale)
{
	const u32 ack = p.seg.ack - iss;
	const u32 window = static_cast<u32>(p.seg.wnd) << (p.seg.flags & RUB_SYN ? 0 : scale);

	/* Of an old incarnation, or forged. */
	if (ack > 1U << 30)
		return;
	marks.push_back({now, Mark::ACK, side, p.pair, ack, ack});
	marks.push_back({now, Mark::EDGE, side, p.pair, ack, ack + window});
	for (u32 i = 0; i < p.seg.n_sack; i++)
		marks.push_back({now, Mark::SACK, side, p.pair, p.seg.sack[i].from - iss,
				 p.seg.sack[i].to - iss});
}

void Picture::state(rub_ns now, u16 pair, u8 side, u8 state)
{
	stays.push_back({now, pair, side, state});
}

void Picture::event(rub_ns now, u8 side, const std::string &what)
{
	events.push_back({now, side, what});
}

bool Picture::write(const std::string &file, const std::string &title, u16 pair) const
{
	const double strips = TOP + 2 * (PANEL + BETWEEN), height = strips + 2 * STRIP + 36;
	std::ofstream out(file);
	std::set<rub_ns> times;
	std::set<u8> states;

	for (const Mark &m : marks)
		if (m.pair == pair)
			times.insert(m.at);
	for (const Stay &s : stays) {
		if (s.pair == pair) {
			times.insert(s.at);
			states.insert(s.state);
		}
	}
	/* What happens to the hosts afterwards does not stretch the picture. */
	std::vector<Event> shown;
	for (const Event &e : events) {
		const bool bad = e.what.starts_with("invariant");

		if (bad)
			times.insert(e.at);
		if (bad || (!times.empty() && e.at <= *times.rbegin()))
			shown.push_back(e);
	}
	for (const Event &e : shown)
		times.insert(e.at);

	const Axis axis(times);
	Drawing d(out, axis);

	out << "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " << WIDTH << " " << height
	    << "' width='" << WIDTH << "' height='" << height
	    << "' font-family='DejaVu Sans, Arial, sans-serif' font-size='12'>\n";
	d.rect(0, 0, WIDTH, height, "#ffffff");
	d.text(LEFT, 22, title.substr(0, title.find(':')), "font-size='16' font-weight='bold'");
	if (title.find(':') != std::string::npos)
		d.text(LEFT, 42, title.substr(title.find(':') + 2), "fill='#d62728'");
	legend(d, 66);
	for (u8 side = 0; side < 2; side++)
		Panel(d, TOP + side * (PANEL + BETWEEN), side, of_side(marks, pair, side)).draw();
	for (u8 side = 0; side < 2; side++)
		strip(d, of_side(stays, pair, side), side, strips + side * (STRIP + 4));
	state_legend(d, states, strips + 2 * STRIP + 22);
	sim::events(d, shown, TOP - 8, strips - BETWEEN);
	out << "</svg>\n";
	return static_cast<bool>(out.flush());
}

} // namespace sim
