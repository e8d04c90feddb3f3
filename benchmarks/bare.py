"""The base of every ratio: a Flask application that does nothing but answer.

One JSON route and one Jinja page with a plain table of 50 rows: no database, no session, no
sign-in, no layout. `gunicorn benchmarks.bare:app`.
"""

from flask import Flask, jsonify, render_template

ROWS = [
    {"id": number, "name": f"Person {number}", "email": f"person{number}@example.com"}
    for number in range(1, 51)
]

app = Flask(__name__)


@app.get("/json")
def document():
    return jsonify(items=ROWS[:1])


@app.get("/page")
def page():
    return render_template("rows.html", rows=ROWS)
