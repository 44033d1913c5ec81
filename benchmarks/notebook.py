"""A notebook of 30 cells as a person might have it, well over 1,000 token ids, and a recorded typing trace over it."""

CELLS = [
    "import csv\nimport math\nimport statistics\nfrom collections import Counter, defaultdict",
    "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    'penguins = pd.read_csv("penguins.csv")\npenguins.head()',
    "penguins.shape",
    "penguins.isna().sum()",
    'complete = penguins.dropna(subset=["bill_length_mm", "body_mass_g"])\nlen(complete)',
    'by_species = complete.groupby("species")["body_mass_g"].agg(["count", "mean", "std"])\nby_species',
    'by_island = complete.groupby(["island", "species"]).size().unstack(fill_value=0)\nby_island',
    "fig, ax = plt.subplots(figsize=(8, 5))\n"
    'for species, group in complete.groupby("species"):\n'
    '    ax.scatter(group["bill_length_mm"], group["bill_depth_mm"], label=species, alpha=0.7)\n'
    'ax.set_xlabel("bill length (mm)")\nax.set_ylabel("bill depth (mm)")\nax.legend()\nplt.show()',
    'complete = complete.assign(ratio=complete["bill_length_mm"] / complete["bill_depth_mm"])',
    'complete["ratio"].describe()',
    "def standardise(values):\n"
    '    """Zero mean and unit variance, without missing values."""\n'
    "    values = np.asarray(values, dtype=float)\n"
    "    return (values - np.nanmean(values)) / np.nanstd(values)",
    'columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]\n'
    "scaled = complete[columns].apply(standardise)\nscaled.describe().round(2)",
    "correlation = scaled.corr()\ncorrelation.round(2)",
    "fig, ax = plt.subplots(figsize=(5, 4))\n"
    'image = ax.imshow(correlation, cmap="coolwarm", vmin=-1, vmax=1)\n'
    "ax.set_xticks(range(len(columns)), columns, rotation=45)\nax.set_yticks(range(len(columns)), columns)\n"
    "fig.colorbar(image)\nplt.show()",
    'males = complete[complete["sex"] == "male"]\nfemales = complete[complete["sex"] == "female"]',
    'difference = males["body_mass_g"].mean() - females["body_mass_g"].mean()\nprint(f"{difference:.0f} g")',
    "def bootstrap(values, statistic=np.mean, rounds=1000, seed=0):\n"
    "    generator = np.random.default_rng(seed)\n    values = np.asarray(values)\n"
    "    samples = generator.choice(values, size=(rounds, len(values)))\n"
    "    return np.quantile(statistic(samples, axis=1), [0.025, 0.975])",
    'low, high = bootstrap(males["body_mass_g"])\nprint(f"males: {low:.0f} to {high:.0f} g")',
    'low, high = bootstrap(females["body_mass_g"])\nprint(f"females: {low:.0f} to {high:.0f} g")',
    "features = scaled.to_numpy()\nlabels, names = pd.factorize(complete['species'])",
    "generator = np.random.default_rng(1)\norder = generator.permutation(len(features))\n"
    "cut = int(0.8 * len(order))\ntrain, test = order[:cut], order[cut:]",
    "def nearest_centroid(features, labels):\n"
    "    return np.stack([features[labels == label].mean(axis=0) for label in np.unique(labels)])",
    "centroids = nearest_centroid(features[train], labels[train])\n"
    "distances = np.linalg.norm(features[test][:, None] - centroids[None], axis=2)\n"
    'predicted = distances.argmin(axis=1)\nprint("accuracy", (predicted == labels[test]).mean())',
    "confusion = pd.crosstab(names[labels[test]], names[predicted])\nconfusion",
    'years = complete.groupby("year")["body_mass_g"].mean()\nyears.plot(kind="bar", ylabel="body mass (g)")',
    'heaviest = complete.nlargest(5, "body_mass_g")[["species", "island", "body_mass_g"]]\nheaviest',
    'summary = complete.pivot_table(index="species", columns="sex", values="body_mass_g", aggfunc="median")\nsummary',
    'summary.to_csv("summary.csv")',
    "",
]

# Where fresh prompts are asked for: the cell, and what is typed at its end; the last key is the one that is timed.
# From cell 18 on a prompt has more than 1,000 ids.
SITES = [
    (29, "import matplotlib.pyplot as"), (18, "\nprint(hi"), (20, "\nprint(lab"), (21, "\nlen(tra"),
    (22, "\n\ncentroids = nearest_cen"), (23, "\nprint(\"test\", len(te"), (24, "\nconfusion.va"), (25, "\nplt.sh"),
    (26, "\nheaviest.he"), (27, "\nsummary.ro"), (28, "\npd.read_csv(\"summ"), (29, "fig, ax = plt.subp"),
    (29, "for species, group in comp"), (29, "complete.groupby(\"spec"), (29, "plt.figure(fig"), (19, "\nprint(lo"),
    (29, "def mean_of(values):\n    return np.me"), (29, "with open(\"penguins.csv\") as"), (29, "np.random.default_r"),
    (29, "plt.xlabel(\"bill len"), (29, "names = sorted(set(compl"), (29, "if __name__ == \"__mai"),
    (18, "\nbootstrap(fem"), (19, "\nplt.hi"), (20, "\nfeatures.sh"), (21, "\nfeatures[tra"), (22, "\n\nnp.uni"),
    (23, "\npredicted.sh"), (24, "\nconfusion.su"), (25, "\nyears.ma"), (26, "\nheaviest.so"), (27, "\nsummary.plo"),
    (28, "\nsummary.he"), (29, "low, high = boot"), (29, "scaled.des"), (29, "correlation.va"), (29, "centroids.sh"),
    (29, "for name in nam"), (29, "print(compl"), (29, "plt.scatter(compl"), (29, "x = np.lins"), (29, "x = np.arr"),
    (29, "ax.set_xla"), (29, "import statis"), (29, "standardise(sca"), (29, "total = math.sq"),
]  # fmt: skip

# 200 keys of one person: letters, corrections (\b is Backspace), new lines, and a second cell (\f moves to it).
TRACE = (
    'masses = complete.groupby("spceies\b\b\b\b\becies")["body_mass_g"].mean()\n'
    'for name, mass in masses.items():\n    print(f"{name}: {mass:.0f} g")'
    "\f"
    'fig, ax = plt.subplots()\nax.bar(masses.indx\b\bex, masses)\nax.set_ylabel("body mass (g)")\nplt.sh'
)[:200]
