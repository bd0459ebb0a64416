//! Numbers that look random, and are the same in every run.

/// Mixes the bits of a number so that neighbours have nothing in common (the finaliser of SplitMix64).
pub(super) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A series of draws that begins anew with each thing drawn for, so that no draw depends on what came before.
#[derive(Debug)]
pub(super) struct Draws(u64);

impl Draws {
    /// Those for one thing.
    pub(super) const fn of(seed: u64, thing: u64) -> Self {
        Self(mix(mix(seed) ^ thing))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Below `end`, each as likely.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        scaled(self.next(), end)
    }

    /// From 0 to 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `number` or the next one, so that it is what was asked for in the mean.
    pub(super) fn rounded(&mut self, number: f64) -> u64 {
        number.floor() as u64 + u64::from(self.share() < number.fract())
    }
}

/// Where 64 random bits fall among `end` places.
pub(super) fn scaled(bits: u64, end: u64) -> u64 {
    ((u128::from(bits) * u128::from(end)) >> 64) as u64
}

/// How a size is spread that has no typical value: few have most.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeavyTail {
    /// The least, and the most.
    pub(super) range: (f64, f64),
    /// The smaller, the heavier: of sizes twice as large there are `2^slope` times fewer.
    pub(super) slope: f64,
}

impl HeavyTail {
    /// The size below which a `share` of all are.
    pub(super) fn at(&self, share: f64) -> f64 {
        let (least, most) = self.range;
        let cut = 1.0 - (least / most).powf(self.slope);
        least * (1.0 - share * cut).powf(-1.0 / self.slope)
    }

    /// The mean.
    pub(super) fn mean(&self) -> f64 {
        let ((least, most), slope) = (self.range, self.slope);
        let cut = 1.0 - (least / most).powf(slope);
        let bent = 1.0 - (least / most).powf(slope - 1.0);
        least * slope / (slope - 1.0) * bent / cut
    }
}

#[cfg(test)]
mod tests {
    use super::{Draws, HeavyTail};

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = |seed, thing| Draws::of(seed, thing).below(1_000_000);

        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn what_is_rounded_is_right_in_the_mean() {
        let mut draws = Draws::of(1, 1);

        let sum: u64 = (0..10_000).map(|_| draws.rounded(2.3)).sum();

        assert!((22_500..23_500).contains(&sum), "{sum}");
    }

    #[test]
    fn a_heavy_tail_keeps_to_its_range_and_mean() {
        let tail = HeavyTail {
            range: (3.0, 10_000.0),
            slope: 1.3,
        };
        let mut draws = Draws::of(1, 1);

        let drawn: Vec<f64> = (0..1_000_000).map(|_| tail.at(draws.share())).collect();

        assert!(drawn.iter().all(|size| (3.0..=10_000.01).contains(size)));
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        assert!((mean / tail.mean() - 1.0).abs() < 0.05, "{mean}");
    }
}
