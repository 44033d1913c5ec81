"""Every check lets a right answer pass, other right answers too, and neither an empty nor a wrong one."""

import asyncio

import pytest

from jupyter_sc2.evaluate.in_words.execute import Place, job_of
from jupyter_sc2.evaluate.in_words.requests import TOPICS

SECONDS = 100  # of a processor, for all of them; a tenth is needed
pytestmark = pytest.mark.timeout(330)  # a machine may be busy

REQUESTS = {request.name: request for requests in TOPICS.values() for request in requests}

RIGHT = {
    "semicolons": "harvest = pd.read_csv('harvest.csv', sep=';', decimal=',')",
    "dates_as_index": "tides = pd.read_csv('tides.csv', parse_dates=['time'], index_col='time')",
    "json_records": "import pandas as pd\npd.read_json('crew.json')",
    "tabs_and_comments": "df = pd.read_csv('logger.txt', sep='\\t', comment='#')",
    "many_files": "rain = pd.concat([pd.read_csv(path) for path in folder.glob('*.csv')], ignore_index=True)",
    "first_rows": "trips.head(8)",
    "count_missing": "survey.isna().sum()",
    "two_conditions": "near = flats[flats['city'].isin(['Bergen', 'Oslo']) & (flats['rent'] < 12000)]",
    "largest_five": "songs.nlargest(5, 'plays')[['title', 'plays']]",
    "summary": "eggs.describe()",
    "unique_sorted": "sorted(results['grade'].unique())",
    "fill_with_median": "patients['age'] = patients['age'].fillna(patients['age'].median())",
    "duplicates_keep_last": "orders = orders.drop_duplicates('order_id', keep='last')",
    "column_names": "raw.columns = raw.columns.str.strip().str.lower().str.replace(' ', '_')",
    "text_to_float": """
text = menu["price"].str.replace(" kr", "").str.replace(",", "")
menu["price"] = text.astype(float)
""",
    "body_mass_index": "people['bmi'] = people['weight'] / (people['height'] / 100) ** 2",
    "age_groups": """
visitors["age_group"] = pd.cut(visitors["age"], [0, 18, 65, 200], right=False, labels=["child", "adult", "senior"])
""",
    "split_names": "members[['first_name', 'last_name']] = members['name'].str.split(' ', expand=True)",
    "mean_by_group": "rides.groupby('district')['fare'].mean()",
    "several_aggregates": "players.groupby('team')['height'].agg(['count', 'mean', 'max'])",
    "share_of_total": "sales.groupby('region')['amount'].sum() / sales['amount'].sum() * 100",
    "pivot": """
energy.pivot_table(index="building", columns="month", values="kwh", aggfunc="sum", fill_value=0)
""",
    "left_join": "joined = purchases.merge(customers, on='customer_id', how='left')",
    "count_values": "cars['colour'].value_counts()",
    "best_of_each_group": "goods.loc[goods.groupby('category')['price'].idxmax()]",
    "day_first": "visits['day'] = pd.to_datetime(visits['day'], dayfirst=True)",
    "monthly_mean": "weather['temperature'].resample('ME').mean()",
    "rolling_week": "walks['steps_7d'] = walks['steps'].rolling(7).mean()",
    "weekday_and_hour": "calls['weekday'] = calls['at'].dt.day_name()\ncalls['hour'] = calls['at'].dt.hour",
    "growth": "firm['growth'] = firm['revenue'].pct_change() * 100",
    "labelled_line": """
plt.plot(hours, readings)
plt.xlabel("Time (h)")
plt.ylabel("Temperature (°C)")
plt.show()
""",
    "scatter_by_kind": """
for kind, group in fish.groupby("kind"):
    plt.scatter(group["length"], group["weight"], label=kind)
plt.legend()
""",
    "histogram": "plt.hist(waits, bins=20)",
    "sorted_bars": """
ordered = museums.sort_values("visitors", ascending=False)
plt.bar(ordered["museum"], ordered["visitors"])
""",
    "box_plot": "scores.boxplot(column='points', by='group')",
    "grid_of_four": """
fig, axes = plt.subplots(2, 2)
for ax, (title, y) in zip(axes.flat, {"sin": np.sin(x), "cos": np.cos(x), "exp": np.exp(x), "square": x**2}.items()):
    ax.plot(x, y)
    ax.set_title(title)
plt.tight_layout()
""",
    "log_scale": "plt.semilogy(day, cells)",
    "save_figure": "plt.plot(t, wave)\nplt.savefig('wave.png', dpi=150)\nplt.close()",
    "group_and_plot": "fields.groupby('year')['tons'].mean().plot(marker='o')",
    "seeded_random": "rng = np.random.default_rng(42)\nsample = rng.normal(10, 2, size=500)",
    "linear_system": "np.linalg.solve([[3, 1], [1, 2]], [9, 8])",
    "eigenvalues": "values, vectors = np.linalg.eig(A)\nprint(values)",
    "standardise": "X = (X - X.mean(axis=0)) / X.std(axis=0)",
    "t_test": "result = stats.ttest_ind(control, treated)\nresult",
    "fit_decay": """
def decay(t, a, k):
    return a * np.exp(-k * t)

parameters, _ = curve_fit(decay, t, signal)
a, k = parameters
print(a, k)
""",
    "integral": "value, error = integrate.quad(lambda x: np.exp(-x**2), 0, 2)\nvalue",
    "split": """
from sklearn.model_selection import train_test_split

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
""",
    "linear_regression": """
model = LinearRegression()
model.fit(houses[["area", "rooms"]], houses["price"])
print(model.score(houses[["area", "rooms"]], houses["price"]))
""",
    "logistic_accuracy": """
from sklearn.linear_model import LogisticRegression

model = LogisticRegression(max_iter=1000)
model.fit(X_train, y_train)
print(f"Accuracy: {model.score(X_test, y_test):.2%}")
""",
    "forest_importances": """
forest = RandomForestClassifier(n_estimators=200, random_state=0).fit(features, target)
pd.Series(forest.feature_importances_, index=features.columns).sort_values(ascending=False)
""",
    "scale_and_cluster": """
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

scaled = StandardScaler().fit_transform(shoppers)
shoppers["cluster"] = KMeans(n_clusters=3, n_init=10, random_state=0).fit_predict(scaled)
""",
    "two_components": """
from sklearn.decomposition import PCA

pca = PCA(n_components=2)
reduced = pca.fit_transform(measurements)
print(pca.explained_variance_ratio_.sum())
""",
    "cross_validation": """
from sklearn.model_selection import cross_val_score

scores = cross_val_score(KNeighborsClassifier(n_neighbors=7), X, y, cv=5)
print("%.3f" % scores.mean())
""",
    "confusion_matrix": "from sklearn.metrics import confusion_matrix\n\nconfusion_matrix(actual, predicted)",
    "palindrome": """
def is_palindrome(text):
    letters = text.replace(" ", "").lower()
    return letters == letters[::-1]
""",
    "bank_account": """
class BankAccount:
    def __init__(self):
        self.balance = 0

    def deposit(self, amount):
        self.balance += amount

    def withdraw(self, amount):
        if amount > self.balance:
            raise ValueError("not enough money")
        self.balance -= amount
""",
    "addresses_in_text": "re.findall(r'[\\w.+-]+@[\\w-]+\\.\\w+', report)",
    "common_words": "Counter(word.strip('.,!') for word in poem.lower().split()).most_common(3)",
    "files_below": """
for path in root.rglob("*.txt"):
    print(path.name, path.stat().st_size)
""",
    "write_json": """
import json

with open("settings.json", "w") as file:
    json.dump(settings, file, indent=2)
""",
}

ALSO_RIGHT = [
    ("dates_as_index", "df = pd.read_csv('tides.csv')\ndf.index = pd.to_datetime(df.pop('time'))"),
    ("json_records", "import json, pandas\nwith open('crew.json') as f:\n    crew = pandas.DataFrame(json.load(f))"),
    ("first_rows", "print(trips.iloc[:8])"),
    ("count_missing", "for column in survey:\n    print(f'{column}: {survey[column].isnull().sum()} missing')"),
    ("two_conditions", "flats.query('city in [\"Oslo\", \"Bergen\"] and rent < 12000').reset_index(drop=True)"),
    ("largest_five", "top = songs.sort_values('plays', ascending=False).head(5)\nprint(top[['title', 'plays']])"),
    ("fill_with_median", "patients.fillna({'age': patients.age.median()}, inplace=True)"),
    ("mean_by_group", "rides.groupby('district', as_index=False).agg(average=('fare', 'mean'))"),
    ("mean_by_group", "for name, group in rides.groupby('district'):\n    print(name, round(group['fare'].mean(), 2))"),
    ("several_aggregates", "players.groupby('team').agg({'name': 'count', 'height': ['mean', 'max']})"),
    ("pivot", "energy.groupby(['building', 'month'])['kwh'].sum().unstack(fill_value=0)"),
    ("count_values", "from collections import Counter\nCounter(cars['colour']).most_common()"),
    ("best_of_each_group", "goods.sort_values('price').groupby('category').tail(1)"),
    ("monthly_mean", "weather.groupby(weather.index.month).mean()"),
    ("labelled_line", """
fig, ax = plt.subplots()
ax.plot(hours, readings)
ax.set(xlabel="Time (h)", ylabel="Temperature (°C)")
"""),
    ("scatter_by_kind", """
colours = {"cod": "tab:blue", "ling": "tab:red", "hake": "tab:green"}
fig, ax = plt.subplots()
for kind in fish["kind"].unique():
    part = fish[fish["kind"] == kind]
    ax.plot(part["length"], part["weight"], "o", color=colours[kind], label=kind)
ax.legend()
"""),
    ("sorted_bars", "museums.sort_values('visitors').plot.barh(x='museum', y='visitors')"),
    ("sorted_bars", "museums.sort_values('visitors', ascending=False).plot(kind='bar', x='museum', y='visitors')"),
    ("box_plot", "%matplotlib inline\nplt.boxplot([g['points'] for _, g in scores.groupby('group')]);"),
    ("log_scale", "plt.plot(day, cells)\nplt.yscale('log')\nplt.show()"),
    ("seeded_random", "np.random.seed(42)\nx = np.random.normal(loc=10, scale=2, size=500)"),
    ("linear_system", "x, y = np.linalg.inv(np.array([[3, 1], [1, 2]])) @ [9, 8]"),
    ("eigenvalues", "np.linalg.eigvalsh(A)"),
    ("t_test", "t, p = stats.ttest_ind(control, treated, equal_var=False)\nprint(f'p = {p:.4f}')"),
    ("forest_importances", """
model = RandomForestClassifier(n_estimators=200).fit(features, target)
for name, value in sorted(zip(features.columns, model.feature_importances_), key=lambda pair: pair[1], reverse=True):
    print(f"{name}: {value:.3f}")
"""),
    ("scale_and_cluster", """
from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

shoppers["cluster"] = make_pipeline(MinMaxScaler(), KMeans(3, random_state=1)).fit_predict(shoppers)
"""),
    ("confusion_matrix", "import pandas as pd\npd.crosstab(pd.Series(actual), pd.Series(predicted))"),
    ("bank_account", """
class BankAccount:
    def __init__(self, owner, start=0):
        self.owner, self._balance = owner, start

    @property
    def balance(self):
        return self._balance

    def deposit(self, amount):
        self._balance += amount

    def withdraw(self, amount):
        if self._balance < amount:
            raise ValueError
        self._balance -= amount
"""),
    ("files_below", "sizes = {path.name: path.stat().st_size for path in root.glob('**/*.txt')}\nsizes"),
]  # fmt: skip

WRONG = [
    ("semicolons", "harvest = pd.read_csv('harvest.csv', sep=';')"),  # decimals stay text
    ("dates_as_index", "tides = pd.read_csv('tides.csv', index_col='time')"),  # no dates
    ("tabs_and_comments", "df = pd.read_csv('logger.txt', sep='\\t', skiprows=1)"),
    ("many_files", "for path in folder.glob('*.csv'):\n    rain = pd.read_csv(path)"),  # the last one only
    ("first_rows", "trips.head()"),
    ("count_missing", "survey.isna().sum().sum()"),
    ("two_conditions", "flats[flats['city'].isin(['Bergen', 'Oslo']) & (flats['rent'] <= 12000)]"),
    ("largest_five", "songs.nsmallest(5, 'plays')[['title', 'plays']]"),
    ("unique_sorted", "results['grade'].unique()"),
    ("fill_with_median", "patients['age'].fillna(patients['age'].mean())"),
    ("duplicates_keep_last", "orders.drop_duplicates('order_id')"),
    ("body_mass_index", "people['bmi'] = people['weight'] / people['height'] ** 2"),  # centimetres
    ("age_groups", """
visitors["age_group"] = pd.cut(visitors["age"], [0, 18, 65, 200], labels=["child", "adult", "senior"])
"""),
    ("mean_by_group", "rides.groupby('district')['fare'].sum()"),
    ("share_of_total", "sales['amount'] / sales['amount'].sum() * 100"),
    ("pivot", "energy.pivot_table(index='building', columns='month', values='kwh', fill_value=0)"),  # means
    ("left_join", "purchases.merge(customers, on='customer_id')"),
    ("best_of_each_group", "goods.groupby('category')['price'].max()"),
    ("day_first", "visits['day'] = pd.to_datetime(visits['day'], format='%m/%d/%Y', errors='coerce')"),
    ("rolling_week", "walks['steps_7d'] = walks['steps'].rolling(7).sum()"),
    ("labelled_line", "plt.plot(readings, hours)\nplt.xlabel('Time (h)')\nplt.ylabel('Temperature (°C)')"),
    ("scatter_by_kind", "plt.scatter(fish['length'], fish['weight'])"),
    ("histogram", "plt.hist(waits)"),
    ("sorted_bars", "plt.bar(museums['museum'], museums['visitors'])"),
    ("grid_of_four", "fig, axes = plt.subplots(2, 2)"),
    ("log_scale", "plt.plot(day, np.log(cells))"),
    ("save_figure", "plt.savefig('wave.png', dpi=150)"),
    ("group_and_plot", "plt.plot(fields['year'], fields['tons'], marker='o')"),
    ("seeded_random", "np.random.normal(10, 2, 500)"),
    ("standardise", "X = (X - X.mean()) / X.std()"),
    ("t_test", "stats.ttest_rel(control, treated)"),
    ("integral", "integrate.quad(lambda x: np.exp(-x**2), 0, 1)"),
    ("split", """
from sklearn.model_selection import train_test_split

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""),
    ("scale_and_cluster", """
from sklearn.cluster import KMeans

shoppers["cluster"] = KMeans(n_clusters=3, random_state=0).fit_predict(shoppers)
"""),
    ("palindrome", "def is_palindrome(text):\n    return text == text[::-1]"),
    ("bank_account", """
class BankAccount:
    def __init__(self):
        self.balance = 0

    def deposit(self, amount):
        self.balance += amount

    def withdraw(self, amount):
        self.balance -= amount
"""),
    ("addresses_in_text", "re.findall(r'\\S+@\\S+', report)"),
    ("common_words", "Counter(poem.split()).most_common(3)"),
    ("common_words", "print(Counter(word.strip('.,!') for word in poem.lower().split()))"),  # all of them
    ("files_below", "[(path.name, path.stat().st_size) for path in root.glob('*.txt')]"),
    ("write_json", "import json\nopen('settings.json', 'w').write(json.dumps(settings))"),
]  # fmt: skip


@pytest.fixture(scope="module")
def judged():
    """What became of every answer, all in one child process."""
    answers = [*RIGHT.items(), *ALSO_RIGHT, *WRONG, *((name, "pass") for name in REQUESTS)]

    async def run():
        with Place() as place:
            return await place.run([job_of(REQUESTS[name], code) for name, code in answers], SECONDS)

    found = asyncio.run(run())
    assert isinstance(found, list), found
    return dict(zip(answers, found, strict=True))


def test_every_request_has_a_right_answer():
    assert list(RIGHT) == list(REQUESTS)
    assert len(REQUESTS) == 60


@pytest.mark.parametrize("answer", [*RIGHT.items(), *ALSO_RIGHT], ids=lambda answer: answer[0])
def test_a_right_answer_passes(judged, answer):
    assert judged[answer] == {"ran": True, "passed": True, "reason": ""}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_empty_answer_fails(judged, name):
    one = judged[name, "pass"]
    assert (one["ran"], one["passed"]) == (True, False)
    assert one["reason"].startswith("check: ")


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer[0])
def test_a_wrong_answer_fails(judged, answer):
    one = judged[answer]
    assert (one["ran"], one["passed"]) == (True, False)
    assert one["reason"].startswith("check: ")
