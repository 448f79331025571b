//! Figures as SVG, drawn on the server: lines or stacked bars over days, with the numbers beside them for those who do not see
//! the picture. Colours are classes of the stylesheet, so that the picture follows light and dark.

/// The picture's size, in its own units.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 190.0;
/// The room left of the drawing, for the numbers, and below it, for the days.
const LEFT: f64 = 44.0;
const BOTTOM: f64 = 22.0;
const TOP: f64 = 8.0;
const RIGHT: f64 = 8.0;
/// About how many lines there are across, and how many days have their name.
const STEPS: f64 = 4.0;
const LABELS: usize = 5;

/// How values are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line for each series, with gaps where there is no value.
    Lines,
    /// The series on top of each other.
    Bars,
}

/// Values over the same days.
pub struct Series {
    pub label: String,
    /// A value for each day, `None` where there is none.
    pub values: Vec<Option<f64>>,
}

/// What a chart is made from.
pub struct Plot {
    pub id: &'static str,
    pub title: String,
    /// What the numbers are.
    pub unit: String,
    pub kind: Kind,
    pub days: Vec<String>,
    pub series: Vec<Series>,
    /// The same numbers as a file.
    pub csv_href: String,
}

/// A chart, ready for the template.
pub struct Chart {
    pub id: &'static str,
    pub title: String,
    pub unit: String,
    pub csv_href: String,
    pub legend: Vec<(usize, String)>,
    pub is_bars: bool,
    pub grid: Vec<Line>,
    pub days: Vec<Label>,
    pub lines: Vec<(usize, String)>,
    pub bars: Vec<Bar>,
    /// A row for each day that has a value, the newest first.
    pub rows: Vec<(String, Vec<String>)>,
}

/// A line across, with its number.
pub struct Line {
    pub y: String,
    pub label: String,
}

/// A day under the drawing.
pub struct Label {
    pub x: String,
    pub text: String,
    pub anchor: &'static str,
}

/// A part of a bar.
pub struct Bar {
    pub series: usize,
    pub x: String,
    pub y: String,
    pub width: String,
    pub height: String,
}

impl Chart {
    /// Draws a chart.
    pub fn new(plot: Plot) -> Self {
        let step = step_for(top_of(&plot));
        let scale = Scale {
            days: plot.days.len(),
            top: step * STEPS,
        };
        let is_bars = plot.kind == Kind::Bars;
        Self {
            grid: grid(step, &scale),
            days: labels(&plot.days, &scale, is_bars),
            lines: if is_bars {
                Vec::new()
            } else {
                lines(&plot, &scale)
            },
            bars: if is_bars {
                bars(&plot, &scale)
            } else {
                Vec::new()
            },
            legend: plot
                .series
                .iter()
                .enumerate()
                .map(|(index, series)| (index, series.label.clone()))
                .collect(),
            rows: rows(&plot),
            id: plot.id,
            title: plot.title,
            unit: plot.unit,
            csv_href: plot.csv_href,
            is_bars,
        }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Where days and values are in the picture.
struct Scale {
    days: usize,
    top: f64,
}

#[expect(clippy::cast_precision_loss, reason = "days of a chart are few")]
impl Scale {
    /// The middle of a day.
    fn x(&self, day: usize) -> f64 {
        LEFT + (day as f64 + 0.5) * self.day_width()
    }

    fn day_width(&self) -> f64 {
        (WIDTH - LEFT - RIGHT) / self.days.max(1) as f64
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.height(value)
    }

    fn height(&self, value: f64) -> f64 {
        (HEIGHT - BOTTOM - TOP) * value / self.top
    }
}

/// The greatest value, or sum of values where they are stacked.
fn top_of(plot: &Plot) -> f64 {
    let of_day = |day: usize| {
        let values = plot.series.iter();
        let values = values.filter_map(|series| series.values.get(day).copied().flatten());
        match plot.kind {
            Kind::Bars => values.sum(),
            Kind::Lines => values.fold(0.0, f64::max),
        }
    };
    (0..plot.days.len()).map(of_day).fold(0.0, f64::max)
}

/// The least of 1, 2, 2.5, 5 and their multiples by tens of which four reach `top`.
fn step_for(top: f64) -> f64 {
    // Two places are told of a number, so a step is no less.
    let least = (top / STEPS).max(0.01);
    if top <= 0.0 {
        return 1.0;
    }
    let ten = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let found = steps.into_iter().find(|step| step * ten >= least);
    found.unwrap_or(10.0) * ten
}

fn grid(step: f64, scale: &Scale) -> Vec<Line> {
    let values = [0.0, 1.0, 2.0, 3.0, 4.0].map(|index| index * step);
    values
        .into_iter()
        .map(|value| Line {
            y: number(scale.y(value)),
            label: number(value),
        })
        .collect()
}

/// Some of the days, the last among them.
fn labels(days: &[String], scale: &Scale, is_bars: bool) -> Vec<Label> {
    let every = days.len().div_ceil(LABELS).max(1);
    let last = days.len().saturating_sub(1);
    let shown = days
        .iter()
        .enumerate()
        .filter(|(index, _)| (last - index).is_multiple_of(every));
    let label = |(index, day): (usize, &String)| Label {
        x: number(scale.x(index)),
        // The month and the day are enough beside the title.
        text: day.get(5..).unwrap_or(day).to_owned(),
        anchor: if index == last && !is_bars {
            "end"
        } else {
            "middle"
        },
    };
    shown.map(label).collect()
}

/// A line for each run of days with a value; a day alone is a short one.
fn lines(plot: &Plot, scale: &Scale) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    for (index, series) in plot.series.iter().enumerate() {
        let days: Vec<(usize, Option<f64>)> = series.values.iter().copied().enumerate().collect();
        for run in days.split(|(_, value)| value.is_none()) {
            lines.extend(line(run, scale).map(|line| (index, line)));
        }
    }
    lines
}

fn line(run: &[(usize, Option<f64>)], scale: &Scale) -> Option<String> {
    let point = |x: f64, value: f64| format!("{},{}", number(x), number(scale.y(value)));
    match run {
        [] => None,
        [(day, value)] => {
            let (x, value) = (scale.x(*day), value.unwrap_or(0.0));
            let half = (scale.day_width() / 2.0).min(6.0);
            Some(format!(
                "{} {}",
                point(x - half, value),
                point(x + half, value)
            ))
        }
        run => {
            let points = run
                .iter()
                .map(|(day, value)| point(scale.x(*day), value.unwrap_or(0.0)));
            Some(points.collect::<Vec<_>>().join(" "))
        }
    }
}

fn bars(plot: &Plot, scale: &Scale) -> Vec<Bar> {
    let width = (scale.day_width() * 0.7).clamp(1.0, 26.0);
    let mut bars = Vec::new();
    for day in 0..plot.days.len() {
        let mut below = 0.0;
        for (index, series) in plot.series.iter().enumerate() {
            let value = series.values.get(day).copied().flatten().unwrap_or(0.0);
            if value > 0.0 {
                bars.push(Bar {
                    series: index,
                    x: number(scale.x(day) - width / 2.0),
                    y: number(scale.y(below + value)),
                    width: number(width),
                    height: number(scale.height(value)),
                });
                below += value;
            }
        }
    }
    bars
}

/// The numbers of each day that has one other than 0.
fn rows(plot: &Plot) -> Vec<(String, Vec<String>)> {
    let row = |(day, name): (usize, &String)| {
        let values: Vec<Option<f64>> = plot
            .series
            .iter()
            .map(|series| series.values.get(day).copied().flatten())
            .collect();
        let is_shown = values.iter().flatten().any(|value| *value != 0.0);
        let cells = values
            .into_iter()
            .map(|value| value.map_or_else(String::new, number));
        is_shown.then(|| (name.clone(), cells.collect()))
    };
    plot.days.iter().enumerate().rev().filter_map(row).collect()
}

/// A number to two places, without those that are 0.
pub fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" | "" => "0".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn plot(kind: Kind, values: &[&[Option<f64>]]) -> Plot {
        let days = values.first().map_or(0, |series| series.len());
        Plot {
            id: "x",
            title: String::new(),
            unit: String::new(),
            kind,
            days: (1..=days).map(|day| format!("2026-11-{day:02}")).collect(),
            series: values
                .iter()
                .map(|values| Series {
                    label: String::new(),
                    values: values.to_vec(),
                })
                .collect(),
            csv_href: String::new(),
        }
    }

    #[test]
    fn the_steps_across_are_round_and_reach_the_top() {
        for (top, step) in [
            (0.0, 1.0),
            (1.0, 0.25),
            (4.0, 1.0),
            (4.1, 2.0),
            (37.0, 10.0),
            (970.0, 250.0),
        ] {
            assert!(
                (step_for(top) - step).abs() < 1e-9,
                "{top}: {}",
                step_for(top)
            );
        }
    }

    #[test]
    fn a_line_ends_where_there_is_no_value() {
        let chart = Chart::new(plot(
            Kind::Lines,
            &[&[Some(1.0), Some(2.0), None, Some(4.0)]],
        ));
        assert_eq!(chart.lines.len(), 2);
        assert_eq!(chart.lines[0].1.split(' ').count(), 2);
        // The top of the scale is the top of the drawing.
        assert!(chart.lines[1].1.ends_with(",8"), "{}", chart.lines[1].1);
        assert_eq!(chart.rows.len(), 3);
        assert_eq!(chart.rows[0].0, "2026-11-04");
    }

    #[test]
    fn bars_stand_on_each_other() {
        let chart = Chart::new(plot(
            Kind::Bars,
            &[&[Some(3.0)], &[Some(0.0)], &[Some(1.0)]],
        ));
        let [lower, upper] = &chart.bars[..] else {
            panic!("{}", chart.bars.len())
        };
        assert_eq!((lower.series, upper.series), (0, 2));
        let end = |bar: &Bar| bar.y.parse::<f64>().unwrap() + bar.height.parse::<f64>().unwrap();
        assert!((end(upper) - lower.y.parse::<f64>().unwrap()).abs() < 0.02);
        assert!((end(lower) - (HEIGHT - BOTTOM)).abs() < 0.02);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        for kind in [Kind::Lines, Kind::Bars] {
            assert!(Chart::new(plot(kind, &[])).is_empty());
            assert!(Chart::new(plot(kind, &[&[None, Some(0.0)]])).is_empty());
        }
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(1.5), "1.5");
    }
}
