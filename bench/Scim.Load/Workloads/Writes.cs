using System.Collections.Concurrent;
using System.Text.Json;
using Scim.Load.Http;

namespace Scim.Load.Workloads;

internal static class Writes
{
    private const string Department = Messages.Enterprise + ":department";

    public static IEnumerable<Workload> All(Run run) =>
        [PatchActive(), PatchDepartment(run), Put(run), CreateAndDelete(run), Bulk(run)];

    /// <summary>One user after the other turned off and on again: every PATCH changes something.</summary>
    private static Workload PatchActive() =>
        new(
            "patch-active",
            target =>
            {
                var users = target.Directory.Users;
                var active = Enumerable.Repeat(true, users.Count).ToArray();
                return worker =>
                {
                    var index = worker.Next(users.Count);
                    active[index] = !active[index];
                    var body = Messages.Replace(worker.Body, "active", active[index] ? "true" : "false");
                    worker.Time("patch-active", 200, "PATCH", "/Users/" + users[index], body);
                };
            }
        )
        {
            Verify = worker =>
            {
                var path = "/Users/" + worker.Target.Directory.Users[0];
                foreach (var value in (string[])["false", "true"])
                {
                    worker.Require(200, "PATCH", path, Messages.Replace(worker.Body, "active", value));
                    worker.Require(200, "GET", path);
                    Require(worker, worker.Http.Text.Contains($"\"active\":{value}"), "active was not changed");
                }
            },
        };

    public static Workload PatchDepartment(Run run) =>
        new(
            "patch-department",
            target =>
            {
                var users = target.Directory.Users;
                return worker =>
                {
                    var body = Messages.Replace(worker.Body, Department, $"\"Department {worker.Next(100_000)}\"");
                    worker.Time("patch-department", 200, "PATCH", "/Users/" + users[worker.Next(users.Count)], body);
                };
            }
        )
        {
            Verify = worker =>
                VerifyDepartment(
                    run,
                    worker,
                    "PATCH",
                    stamp => Messages.Replace(worker.Body, Department, $"\"{stamp}\"")
                ),
        };

    private static Workload Put(Run run) =>
        new(
            "put",
            target =>
            {
                var directory = target.Directory;
                return worker =>
                {
                    var index = worker.Next(directory.Users.Count);
                    var id = directory.Users[index];
                    var department = $"Department {worker.Next(100_000)}";
                    var body = People.Add(worker.Body.Clear(), directory.Tag, index, id, department);
                    worker.Time("put", 200, "PUT", "/Users/" + id, body);
                };
            }
        )
        {
            Verify = worker =>
                VerifyDepartment(
                    run,
                    worker,
                    "PUT",
                    stamp =>
                    {
                        var directory = worker.Target.Directory;
                        return People.Add(worker.Body.Clear(), directory.Tag, 0, directory.Users[0], stamp);
                    }
                ),
        };

    private static void VerifyDepartment(Run run, Worker worker, string method, Func<string, RequestBody> body)
    {
        var path = "/Users/" + worker.Target.Directory.Users[0];
        var stamp = $"Checked {run.NewPerson()}";
        worker.Require(200, method, path, body(stamp));
        worker.Require(200, "GET", path);
        Require(worker, worker.Http.Text.Contains(stamp), "the department was not changed");
    }

    /// <summary>New users; deleted again after each round, which is timed too.</summary>
    public static Workload CreateAndDelete(Run run)
    {
        var created = new ConcurrentDictionary<string, ConcurrentQueue<string>>();
        return new Workload(
            "create",
            target =>
            {
                var ids = created.GetOrAdd(target.Name, _ => []);
                return worker =>
                {
                    if (worker.Time("create", 201, "POST", "/Users", run.AddNewPerson(worker.Body.Clear())))
                    {
                        ids.Enqueue(worker.Id());
                    }
                };
            }
        )
        {
            Verify = worker => VerifyCreate(run, worker),
            Tidy = target => Delete(target, created[target.Name], run.Options.Connections),
        };
    }

    private static void VerifyCreate(Run run, Worker worker)
    {
        var person = run.NewPerson();
        worker.Require(201, "POST", "/Users", People.Add(worker.Body.Clear(), run.Tag, person));
        var id = worker.Id();
        worker.Require(200, "GET", "/Users/" + id);
        Require(worker, worker.Http.Text.Contains(People.UserName(run.Tag, person)), "another user was created");
        worker.Require(409, "POST", "/Users", worker.Body);
        worker.Require(204, "DELETE", "/Users/" + id);
        worker.Require(404, "GET", "/Users/" + id);
    }

    /// <summary>1,000 creates in a request; figures are users, not requests.</summary>
    private static Workload Bulk(Run run)
    {
        const int Size = 1000;
        var created = new ConcurrentDictionary<string, ConcurrentQueue<string>>();
        return new Workload(
            "bulk-1000",
            target =>
            {
                var ids = created.GetOrAdd(target.Name, _ => []);
                return worker =>
                {
                    BulkRequest.Fill(worker.Body, Enumerable.Range(0, Size).Select(_ => run.NewPerson()), run.Tag);
                    if (!worker.Time("bulk-1000", 200, "POST", "/Bulk", worker.Body, Size))
                    {
                        return;
                    }

                    var made = BulkRequest.ReadIds(worker.Http.Body);
                    worker.Check("bulk-1000", made.Count == Size, "not all were created");
                    foreach (var id in made)
                    {
                        ids.Enqueue(id);
                    }
                };
            }
        )
        {
            Connections = 1,
            Tidy = target =>
            {
                Delete(target, created[target.Name], run.Options.Connections);
                return [];
            },
        };
    }

    public static List<Round> Delete(Target target, ConcurrentQueue<string> ids, int connections) =>
        Measurement.Run(
            target,
            connections,
            (worker, _) =>
            {
                while (ids.TryDequeue(out var id))
                {
                    worker.Time("delete", 204, "DELETE", "/Users/" + id);
                }
            }
        );

    public static void Require(Worker worker, bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new LoadException($"{worker.Target.Name}: {otherwise}.");
        }
    }
}

/// <summary>POST /Bulk of new users.</summary>
internal static class BulkRequest
{
    public static void Fill(RequestBody body, IEnumerable<int> people, string tag)
    {
        body.Clear().Add("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[""");
        var number = 0;
        foreach (var person in people)
        {
            body.Add(number == 0 ? "" : ",")
                .Add($$"""{"method":"POST","path":"/Users","bulkId":"b{{number++}}","data":""");
            People.Add(body, tag, person).Add("}");
        }

        body.Add("]}");
    }

    /// <summary>The ids of what was created, in the order of the operations.</summary>
    public static List<string> ReadIds(ReadOnlySpan<byte> answer)
    {
        using var document = JsonDocument.Parse(answer.ToArray());
        return
        [
            .. document
                .RootElement.GetProperty("Operations")
                .EnumerateArray()
                .Where(operation => operation.GetProperty("status").GetString() == "201")
                .Select(operation =>
                    (Index: IndexOf(operation), Location: operation.GetProperty("location").GetString()!)
                )
                .OrderBy(operation => operation.Index)
                .Select(operation => operation.Location[(operation.Location.LastIndexOf('/') + 1)..]),
        ];
    }

    private static int IndexOf(JsonElement operation) =>
        int.Parse(
            operation.GetProperty("bulkId").GetString().AsSpan(1),
            System.Globalization.CultureInfo.InvariantCulture
        );
}
