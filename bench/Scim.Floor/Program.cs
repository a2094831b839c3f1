using Scim.Floor;

// The floor: what HTTP and the statements of an operation cost, with nothing of SCIM around them. No validation, schema,
// projection, ETag, tenancy or journal. Whatever a real server does comes on top; nothing can be below it on one machine.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = 64 << 20;
});

IFloorStore store =
    builder.Configuration["Database:Provider"] == "PostgreSql"
        ? new PostgreSqlFloor(builder.Configuration["ConnectionStrings:Scim"]!)
        : new SqliteFloor(builder.Configuration["Database:Path"] ?? "floor.db");
await store.CreateSchemaAsync();
var counter = new Counter { Users = (int)await store.CountAsync() };

var app = builder.Build();
app.MapGet("/ready", () => "ok");
app.MapGet(
    "/metrics",
    () => $"dotnet_gc_heap_total_allocated_bytes_total {GC.GetTotalAllocatedBytes(precise: false)}\n"
);
app.UseMiddleware<TokenCheck>();
UserRoutes.Map(app, store, counter);
GroupRoutes.Map(app, store);
await app.RunAsync();
