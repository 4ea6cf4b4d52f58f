//! Equality with lme4 on data that the repository makes itself: forty raters in eight firms cross fifteen ratees, with
//! weights, a numeric and a categorical fixed effect. Invariant: the numbers below come from `scripts/bench/fixture.R`
//! (run as `Rscript scripts/bench/fixture.R`; versions in the comment above them) and are never edited by hand.
//! Absent on purpose: real data; see `reference` for lme4's own.

use hengping_analytics::design::Factor;
use hengping_analytics::mixed::{Column, Contrast, Fit, Problem};

const ROWS: usize = 600;
const RATERS: usize = 40;
const RATEES: usize = 15;
const FIRMS: usize = 8;

/// What lme4 said; factors in the order s, d, firm.
pub struct Reference {
    /// Profiled criterion at fixed theta.
    pub at: [([f64; 3], f64); 3],
    /// The same at the optimum.
    pub criterion: f64,
    /// Standard deviation of each factor over sigma, at the optimum.
    pub theta: [f64; 3],
    /// Residual standard deviation of a row of weight one.
    pub sigma: f64,
    /// Name, estimate, standard error.
    pub fixed: [(&'static str, f64, f64); 4],
    /// Prediction and conditional variance of each level in ascending order of its name.
    pub levels: [&'static [(f64, f64)]; 3],
}

/// Park and Miller's generator: `x <- 16807 x mod (2^31 - 1)`, which R computes exactly as well.
struct Stream(u64);

impl Stream {
    fn draw(&mut self, below: i64) -> i64 {
        self.0 = self.0 * 16_807 % 2_147_483_647;
        self.0.cast_signed() % below
    }

    /// Bell-shaped around zero: four draws from `0..=2 * half` less their mean.
    fn bell(&mut self, half: i64) -> i64 {
        (0..4).map(|_| self.draw(2 * half + 1)).sum::<i64>() - 4 * half
    }
}

/// Integers only: s, d, kind, eight times x, twice the weight, 64 times y.
fn table() -> Vec<[i64; 6]> {
    let mut stream = Stream(20_260_101);
    let severity: Vec<i64> = (0..RATERS).map(|_| stream.bell(12)).collect();
    let quality: Vec<i64> = (0..RATEES).map(|_| stream.bell(20)).collect();
    let house: Vec<i64> = (0..FIRMS).map(|_| stream.bell(12)).collect();
    let mut row = || {
        let (s, d) = (stream.draw(RATERS as i64), stream.draw(RATEES as i64));
        let (kind, x8, w2) = (stream.draw(3), stream.draw(17), 1 + stream.draw(4));
        let effects = severity[s as usize] + quality[d as usize] + house[s as usize % FIRMS];
        [s, d, kind, x8, w2, 208 + effects + 2 * x8 - 9 * kind + stream.bell(24)]
    };
    (0..ROWS).map(|_| row()).collect()
}

/// `y ~ x + kind + (1 | s) + (1 | d) + (1 | firm)` with weights; `kind` in treatment coding against its first level.
pub fn problem() -> Problem {
    let table = table();
    let column = |at: usize, unit: f64| table.iter().map(|row| row[at] as f64 / unit).collect::<Vec<f64>>();
    let label = |name: &str, text: &dyn Fn(&[i64; 6]) -> String| {
        Factor::new(name, &table.iter().map(text).collect::<Vec<String>>())
    };
    let is = |kind: i64| table.iter().map(|row| f64::from(u8::from(row[2] == kind))).collect::<Vec<f64>>();
    Problem {
        y: column(5, 64.0),
        weights: column(4, 2.0),
        factors: vec![
            label("s", &|row| format!("s{:02}", row[0])),
            label("d", &|row| format!("d{:02}", row[1])),
            label("firm", &|row| format!("f{}", row[0] % FIRMS as i64)),
        ],
        fixed: vec![
            Column { name: "x".into(), values: column(3, 8.0) },
            Column { name: "kindb".into(), values: is(1) },
            Column { name: "kindc".into(), values: is(2) },
        ],
    }
}

/// Degrees of freedom of REML over those of ML: squared errors of one fit times this are the other's at equal theta.
const SHRINK: f64 = (ROWS - 4) as f64 / ROWS as f64;

/// The ML criterion at a fit's theta, out of the REML one: without `log |X'V^-1X|`, and with n in place of n - p.
fn likelihood(fit: &Fit) -> f64 {
    let freedom = (ROWS - 4) as f64;
    let variance = |weights: &[(usize, f64)]| {
        let mut fixed = vec![0.0; 4];
        weights.iter().for_each(|&(at, weight)| fixed[at] = weight);
        fit.variance(&Contrast { fixed, effects: vec![] }) / fit.residual
    };
    // Covariances by polarisation, then the determinant by elimination.
    let mut covariance = [[0.0; 4]; 4];
    for i in 0..4 {
        for j in 0..4 {
            covariance[i][j] = match i == j {
                true => variance(&[(i, 1.0)]),
                false => (variance(&[(i, 1.0), (j, 1.0)]) - variance(&[(i, 1.0), (j, -1.0)])) / 4.0,
            };
        }
    }
    let mut log_determinant = 0.0;
    for pivot in 0..4 {
        log_determinant += f64::ln(covariance[pivot][pivot]);
        for i in pivot + 1..4 {
            let share = covariance[i][pivot] / covariance[pivot][pivot];
            for j in pivot..4 {
                covariance[i][j] -= share * covariance[pivot][j];
            }
        }
    }
    let profiled = |freedom: f64, residual: f64| freedom * (1.0 + (std::f64::consts::TAU * residual).ln());
    fit.criterion - profiled(freedom, fit.residual) + log_determinant + profiled(ROWS as f64, fit.residual * SHRINK)
}

fn near(got: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((got - expected).abs() <= tolerance, "{what}: {got} against {expected}");
}

/// Coefficients, errors and every level at the reference's own theta; `shrink` turns squared errors into the method's.
fn agrees(reference: &Reference, shrink: f64) {
    let problem = problem();
    let fit = problem.fit_at(&reference.theta).unwrap();
    near((fit.residual * shrink).sqrt(), reference.sigma, 1e-11, "sigma");
    assert_eq!(fit.coefficients.len(), reference.fixed.len());
    for (got, &(name, estimate, error)) in fit.coefficients.iter().zip(&reference.fixed) {
        assert_eq!(got.name, name);
        near(got.estimate, estimate, 1e-11, name);
        near(got.error * shrink.sqrt(), error, 1e-11, name);
    }
    for (k, levels) in reference.levels.iter().enumerate() {
        let variances = fit.variances_given_fixed(k);
        assert_eq!(variances.len(), levels.len());
        for (level, &(blup, variance)) in levels.iter().enumerate() {
            near(fit.effects[k][level], blup, 1e-11, "prediction");
            near(variances[level] * shrink, variance, 1e-11, "conditional variance");
        }
    }
}

/// The same fold as in `fixture.R`: both made the same rows.
#[test]
fn the_rows_are_those_r_saw() {
    let values = table().into_iter().flatten();
    let checksum = values.fold(0_u64, |sum, value| (sum * 31 + (value + 1000).cast_unsigned()) % 2_147_483_647);
    assert_eq!(checksum, CHECKSUM);
}

#[test]
fn restricted_likelihood_agrees_at_fixed_theta_and_at_the_optimum() {
    let problem = problem();
    for (theta, criterion) in REML.at {
        near(problem.fit_at(&theta).unwrap().criterion, criterion, 1e-10 * criterion, "criterion");
    }
    agrees(&REML, 1.0);
    let fit = problem.fit().unwrap();
    assert!(fit.criterion <= REML.criterion + 1e-8, "{} against {}", fit.criterion, REML.criterion);
    for (got, expected) in fit.theta().iter().zip(REML.theta) {
        near(*got, expected, 1e-6, "theta");
    }
    near(fit.residual.sqrt(), REML.sigma, 1e-7, "sigma");
}

#[test]
fn likelihood_agrees_at_fixed_theta_and_at_its_optimum() {
    let problem = problem();
    for (theta, criterion) in ML.at {
        near(likelihood(&problem.fit_at(&theta).unwrap()), criterion, 1e-10 * criterion, "criterion");
    }
    near(likelihood(&problem.fit_at(&ML.theta).unwrap()), ML.criterion, 1e-10 * ML.criterion, "criterion");
    agrees(&ML, SHRINK);
}

/// A reference that any model met would show nothing: without weights, or without firms, the numbers are others.
#[test]
fn another_model_does_not_agree() {
    let (theta, criterion) = REML.at[0];
    let unweighted = Problem { weights: vec![1.0; ROWS], ..problem() };
    let gap = unweighted.fit_at(&theta).unwrap().criterion - criterion;
    assert!(gap.abs() > 1.0, "without weights {gap}");
    let gap = problem().fit_at(&[theta[0], theta[1], 0.0]).unwrap().criterion - criterion;
    assert!(gap.abs() > 0.1, "without firms {gap}");
}

// R 4.2.2, lme4 1.1.31, Matrix 1.5.3
const CHECKSUM: u64 = 868540356;

#[rustfmt::skip]
pub const REML: Reference = Reference {
    at: [
        ([1.0, 1.0, 1.0], 955.6113661870911),
        ([0.25, 0.5, 0.125], 962.5969783589741),
        ([0.0, 0.75, 0.5], 979.6992299570254),
    ],
    criterion: 926.9753609168547,
    theta: [0.4248734161974074, 0.8368566874336618, 0.4350250526124292],
    sigma: 0.502770041750864,
    fixed: [
        ("intercept", 2.937509268691296, 0.14497968998083285),
        ("x", 0.2745875715055778, 0.03157181482409594),
        ("kindb", -0.030827533326182894, 0.04593052420101871),
        ("kindc", -0.166581682932769, 0.04728268230290293),
    ],
    levels: [
        &[
            (0.1931885278855, 0.01745089391725), (-0.4234287349081, 0.0150023446919),
            (-0.1834192787872, 0.01734910652834), (0.0497687968729, 0.0186890650704),
            (-0.1734888511765, 0.01688410223186), (0.1544539063889, 0.02181636938042),
            (0.0008200002896641, 0.01671547411307), (-0.1154889931429, 0.01542774777948),
            (0.02781303134164, 0.01483903042115), (0.08613224085324, 0.01547251254463),
            (-0.183067148374, 0.02050069229978), (-0.09180494820483, 0.01985382105471),
            (-0.0552122646495, 0.01425796003476), (-0.0930592784855, 0.01496299698714),
            (0.5110883521922, 0.01606634963149), (0.00743268700131, 0.01623942014995),
            (-0.1110676894609, 0.0149944953986), (-0.1137111492126, 0.01413158676329),
            (0.1869224440087, 0.01575034006276), (-0.1190456001287, 0.01576691659107),
            (-0.03626283409447, 0.01490063135014), (0.08163939395398, 0.01748604969677),
            (-0.1647814570995, 0.01481047960285), (0.08889629846928, 0.01764402527626),
            (0.08088608830396, 0.01819594625791), (0.2474726053234, 0.0182879552752),
            (0.1338242099899, 0.01545736629324), (0.1423907829765, 0.01731936835499),
            (0.06726900291996, 0.01835804888377), (-0.1250178877084, 0.01611852857021),
            (-0.3692863785509, 0.01512142089853), (0.2378863614625, 0.01689376188589),
            (-0.04828943346561, 0.01575345147387), (0.1016018103135, 0.01607245625307),
            (-0.05208583848268, 0.01551763386866), (0.1464139487297, 0.01495066153108),
            (-0.1041725944067, 0.01757123533983), (-0.1362972897894, 0.01551597998641),
            (0.09502544941976, 0.01837406751989), (0.05806171143196, 0.01578711040001),
        ],
        &[
            (-0.4759604192653, 0.009708339327976), (-0.02657051368075, 0.009089602408016),
            (-0.1765718546416, 0.008710854489992), (0.2806023617215, 0.008829396509253),
            (0.3804369395924, 0.009697634597371), (0.2652493501478, 0.01110951240314),
            (-0.2755179192357, 0.009469210724524), (0.5939032921289, 0.01011514937501),
            (-0.0777147857832, 0.008821355389563), (-0.3048109169356, 0.009590647815265),
            (0.494059750973, 0.009143987360679), (-0.3289516365725, 0.009377380286457),
            (-0.0503090732344, 0.008783219338997), (0.531868949144, 0.009207006672376),
            (-0.8297135243583, 0.008912548855385),
        ],
        &[
            (0.1494229487762, 0.01242249068892), (-0.1068624667811, 0.01232391803517),
            (-0.1025562166311, 0.01256879437398), (0.1338993481412, 0.01268413786381),
            (-0.3164651102074, 0.01245975305788), (-0.1240009402161, 0.0126367096475),
            (0.07638958442693, 0.01244104592598), (0.2901728524911, 0.01249200905628),
        ],
    ],
};

#[rustfmt::skip]
pub const ML: Reference = Reference {
    at: [
        ([1.0, 1.0, 1.0], 940.4116987713029),
        ([0.25, 0.5, 0.125], 945.7693850188036),
        ([0.0, 0.75, 0.5], 964.0618512284939),
    ],
    criterion: 910.8965894600691,
    theta: [0.42594268859463785, 0.8199830818321439, 0.42158323237352174],
    sigma: 0.5014250726274476,
    fixed: [
        ("intercept", 2.9375517316072086, 0.14171110185230776),
        ("x", 0.27455321720197023, 0.03148742511020116),
        ("kindb", -0.030815229396705925, 0.04580661177797794),
        ("kindc", -0.1666601418766998, 0.047156290290620184),
    ],
    levels: [
        &[
            (0.1951024213984, 0.01734374399528), (-0.4251207573826, 0.0148928565798),
            (-0.1846076660452, 0.01723982240332), (0.05099125191761, 0.01858237943921),
            (-0.1769105784998, 0.01677630942564), (0.1537645474078, 0.02171901219472),
            (0.001664920631853, 0.01660768680409), (-0.1125008576178, 0.01531595328568),
            (0.02940288852202, 0.01472619293159), (0.08493973390242, 0.01536343574883),
            (-0.1844760436528, 0.02040090059918), (-0.09063951495656, 0.01975047533665),
            (-0.05881906921979, 0.0141415739283), (-0.09449626580278, 0.01484569642643),
            (0.5125038564123, 0.01595701126833), (0.01036288162202, 0.01612967081395),
            (-0.1098478788987, 0.01488220348874), (-0.1149454973202, 0.01401906496349),
            (0.1861766619882, 0.0156359427613), (-0.1178545110732, 0.01565074448366),
            (-0.03967397543305, 0.01478703977836), (0.0803602333598, 0.01737470609698),
            (-0.164121519212, 0.01469820606269), (0.09185363362213, 0.01753772199783),
            (0.08253685341002, 0.01809168056709), (0.2469330326248, 0.01818549629015),
            (0.1328929986706, 0.01534171741519), (0.1441374522994, 0.01720776024027),
            (0.06418950664236, 0.01825311140481), (-0.1266182457359, 0.01600432290239),
            (-0.3686448127902, 0.01500764764251), (0.2412547241083, 0.01678574826977),
            (-0.0467835199032, 0.01564281666237), (0.1005376283682, 0.01596398725481),
            (-0.05326097275173, 0.01540296381487), (0.1481494947927, 0.01483116092789),
            (-0.1073950574982, 0.01746537769455), (-0.1377133247312, 0.01540055645814),
            (0.09559465943997, 0.01827085068303), (0.06108068738422, 0.0156746278752),
        ],
        &[
            (-0.4751518591241, 0.009446092702164), (-0.02642363045067, 0.008831946475207),
            (-0.1764168378555, 0.008455894479173), (0.2803828341949, 0.00857352167779),
            (0.3800056932482, 0.009435532541882), (0.2645028624626, 0.01083608294935),
            (-0.275015843212, 0.009208803106933), (0.5930374982328, 0.009849876405481),
            (-0.07760484029488, 0.008565790097953), (-0.3043989017037, 0.009329105965127),
            (0.4933940255077, 0.008885951192653), (-0.3285647927288, 0.009117650730884),
            (-0.05022513380185, 0.008527684746559), (0.5310800592545, 0.008948568004555),
            (-0.8286011337288, 0.008656129726733),
        ],
        &[
            (0.1473476594639, 0.01205926798374), (-0.1054634554908, 0.01196388499811),
            (-0.1011718329448, 0.01220087220085), (0.1320393023972, 0.01231236253713),
            (-0.3121207196908, 0.01209536110759), (-0.1221634861963, 0.01226663885158),
            (0.0754290636477, 0.01207720572697), (0.2861034688142, 0.01212641988681),
        ],
    ],
};
