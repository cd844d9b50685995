//! The picture beside the table.

use std::fmt::Write as _;

use super::scale::TARGET;

/// One command: how much longer than the floor it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub(super) command: &'static str,
    /// With this provider, in units of the floor with a state of the same size.
    pub(super) ours: f64,
    /// The same in units of the bare floor.
    pub(super) bare: f64,
    /// With the official one, in units of the bare floor.
    pub(super) official: f64,
}

/// Pixels of one unit of the floor, of a bar's height, and of the room for a command.
const UNIT: f64 = 80.0;
const BAR: f64 = 22.0;
const GROUP: f64 = 90.0;
const LEFT: f64 = 90.0;
const TOP: f64 = 40.0;

/// Bars as an SVG that reads well on white and on black.
pub(super) fn svg(bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.bare.max(bar.official)).fold(1.0, f64::max);
    let width = LEFT + most * UNIT + 70.0;
    let mut y = TOP;
    let mut drawn = String::new();
    for bar in bars {
        // Writing to a String cannot fail.
        let _ = writeln!(
            drawn,
            r#"  <text x="{:.0}" y="{:.0}" text-anchor="end">{}</text>"#,
            LEFT - 10.0,
            y + BAR + 4.0,
            bar.command
        );
        for (times, color, at) in [
            (bar.ours, "#2f855a", y),
            (bar.bare, "#68d391", y + BAR + 2.0),
            (bar.official, "#a0aec0", y + 2.0 * BAR + 4.0),
        ] {
            let _ = writeln!(
                drawn,
                r#"  <rect x="{LEFT:.0}" y="{at:.0}" width="{:.1}" height="{BAR:.0}" fill="{color}"/>"#,
                times * UNIT
            );
            let _ = writeln!(
                drawn,
                r#"  <text x="{:.0}" y="{:.0}">{times:.2} ×</text>"#,
                LEFT + times * UNIT + 6.0,
                at + BAR - 6.0
            );
        }
        y += GROUP;
    }
    let line = |times: f64, dash: &str, name: &str, at: f64| {
        let x = LEFT + times * UNIT;
        format!(
            "  <line x1=\"{x:.0}\" y1=\"{:.0}\" x2=\"{x:.0}\" y2=\"{y:.0}\" stroke=\"#718096\" stroke-dasharray=\"{dash}\"/>\n  \
             <text x=\"{x:.0}\" y=\"{at:.0}\" text-anchor=\"middle\" font-size=\"11\">{name}</text>\n",
            TOP - 8.0
        )
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{:.0}\" font-family=\"sans-serif\" \
         font-size=\"13\" fill=\"#718096\">\n{drawn}{}{}  <text x=\"{LEFT:.0}\" y=\"{:.0}\">1,000 key pairs, 50 ms a call. Dark green: this provider, 1 = as many terraform_data with a state of the \
         same size.</text>\n  <text x=\"{LEFT:.0}\" y=\"{:.0}\">Light green and grey: this provider and the official one, 1 = as many bare terraform_data.</text>\n</svg>\n",
        y + 60.0,
        line(1.0, "", "floor", 28.0),
        line(TARGET, "4 3", "target", 16.0),
        y + 22.0,
        y + 40.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_drawn() {
        let bars = [
            Bar { command: "apply", ours: 1.04, bare: 1.9, official: 6.8 },
            Bar { command: "plan", ours: 1.0, bare: 1.5, official: 2.75 },
        ];
        let svg = svg(&bars);
        for part in ["<svg ", ">apply<", ">plan<", "1.04 ×", "6.80 ×", "floor", "target", "</svg>"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert_eq!(svg.matches("<rect ").count(), 6);
    }
}
